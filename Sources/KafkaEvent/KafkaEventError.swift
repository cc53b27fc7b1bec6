/// The event cannot be read as a batch of Kafka records. None of its records counts as delivered.
package struct KafkaEventError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the document, as in `$.records["prices-0"][3].offset`.
    package var path: String
    /// Bytes from the start of the event.
    package var offset: Int
    /// What was expected there. Never what stood there: that may be a user's data.
    package var expected: String
    /// What the event is in place of a batch, and what to do about that, where it is known. No user's data either.
    package var otherEvent: String?

    package var description: String {
        (otherEvent ?? "the event is not a batch of a Kafka event source mapping")
            + ": at \(path), byte \(offset), expected \(expected)"
    }
}
