import UTC

/// What an object says of itself, as `x-amz-meta-*`: which records it covers, so that a redelivery can tell what is
/// stored without reading the object.
package struct ObjectMetadata: Equatable, Sendable {
    package var topicPartition: TopicPartition
    package var firstOffset: Int64
    package var lastOffset: Int64
    package var recordCount: Int
    /// Of the records at the two offsets, and the least and the greatest of all: they tell a topic from one that was
    /// deleted and recreated under its name, which counts from offset 0 again.
    var firstTimestamp: EpochMilliseconds
    var lastTimestamp: EpochMilliseconds
    var leastTimestamp: EpochMilliseconds
    var greatestTimestamp: EpochMilliseconds
    /// Of the invocation that wrote the object: it tells an object whose response was lost from somebody else's, and
    /// whoever reads the log which lines belong to it. `nil` in objects that were written before it was kept.
    var requestID: String?

    init(of records: ArraySlice<ObjectDraft.Mark>, _ topicPartition: TopicPartition, requestID: String?) {
        self.topicPartition = topicPartition
        self.requestID = requestID
        firstOffset = records.first?.offset ?? 0
        lastOffset = records.last?.offset ?? 0
        recordCount = records.count
        firstTimestamp = records.first?.timestamp ?? 0
        lastTimestamp = records.last?.timestamp ?? 0
        leastTimestamp = records.lazy.map(\.timestamp).min() ?? 0
        greatestTimestamp = records.lazy.map(\.timestamp).max() ?? 0
    }
}

extension ObjectMetadata {
    /// The pairs as they are sent, the names without `x-amz-meta-`.
    var pairs: [(String, String)] {
        [
            ("topic", topicPartition.topic), ("partition", String(topicPartition.partition)),
            ("first-offset", String(firstOffset)), ("last-offset", String(lastOffset)),
            ("record-count", String(recordCount)),
            ("first-timestamp", String(firstTimestamp)), ("last-timestamp", String(lastTimestamp)),
            ("least-timestamp", String(leastTimestamp)), ("greatest-timestamp", String(greatestTimestamp)),
        ] + (requestID.map { [("request-id", $0)] } ?? [])
    }

    /// - Returns: `nil` where a pair is missing or is not a number: someone else's object.
    package init?(_ pairs: [(String, String)]) {
        var values: [String: String] = [:]
        for (name, value) in pairs { values[name.lowercased()] = value }
        func number<Number: FixedWidthInteger>(_ name: String) -> Number? { values[name].flatMap { Number($0) } }
        guard let topic = values["topic"], let partition: Int32 = number("partition"),
            let firstOffset: Int64 = number("first-offset"), let lastOffset: Int64 = number("last-offset"),
            let recordCount: Int = number("record-count"),
            let firstTimestamp: Int64 = number("first-timestamp"), let lastTimestamp: Int64 = number("last-timestamp"),
            let leastTimestamp: Int64 = number("least-timestamp"),
            let greatestTimestamp: Int64 = number("greatest-timestamp"), firstOffset <= lastOffset
        else { return nil }
        topicPartition = TopicPartition(topic: topic, partition: partition)
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.recordCount = recordCount
        self.firstTimestamp = firstTimestamp
        self.lastTimestamp = lastTimestamp
        self.leastTimestamp = leastTimestamp
        self.greatestTimestamp = greatestTimestamp
        requestID = values["request-id"]
    }
}
