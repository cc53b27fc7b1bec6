package struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
    var topic: String
    var partition: Int32

    /// `prices-0`, as Lambda names the lists of an event and expects it in `batchItemFailures`.
    package var description: String { "\(topic)-\(partition)" }
}
