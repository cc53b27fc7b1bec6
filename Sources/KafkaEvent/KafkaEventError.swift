/// The event cannot be read as a batch of Kafka records. None of its records counts as delivered.
public struct KafkaEventError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the document, as in `$.records["prices-0"][3].offset`.
    public var path: String
    /// Bytes from the start of the event.
    public var offset: Int
    /// What was expected there. Never what stood there: that may be a user's data.
    public var expected: String
    /// What the event is in place of a batch, and what to do about that, where it is known. No user's data either.
    public var otherEvent: String?

    public var description: String {
        (otherEvent ?? "the event is not a batch of a Kafka event-source mapping")
            + ": at \(path), byte \(offset), expected \(expected)"
    }
}
