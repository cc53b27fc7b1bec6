import FunctionHost
import Kafka

/// Values that no broker has seen, as the batch of one topic-partition that Lambda would make of them.
package struct SampleBatch {
    private let partition: TopicPartition
    private let envelope: EventEnvelope
    private let encoder = RecordEncoder()
    private let startOffset: Int64
    private var records: [EventRecord] = []
    private var size: Int

    /// The most records that Lambda puts in a batch.
    private static let mostRecords = 10_000

    /// - Parameters:
    ///   - topic: letters, digits, '.', '_' and '-'.
    ///   - startOffset: the first record's; the others follow by one.
    package init(topic: String, partition: Int32, startOffset: Int64, eventSource: MappingConfiguration.EventSource) {
        self.partition = TopicPartition(topic: topic, partition: partition)
        self.startOffset = startOffset
        envelope = EventEnvelope(eventSource, bootstrapServers: "localhost:9092")
        size = envelope.emptySize + EventEnvelope.listSize(self.partition)
    }

    package var recordCount: Int { records.count }

    /// - Parameter timestamp: milliseconds since 1970.
    /// - Returns: false where there is no more room, or no offset left; the record is not in the batch then.
    package mutating func append(value: [UInt8], key: [UInt8]?, timestamp: Int64) -> Bool {
        let (offset, isBeyond) = startOffset.addingReportingOverflow(Int64(records.count))
        guard records.count < Self.mostRecords, !isBeyond else { return false }
        let record = encoder.encode(partition, offset: offset, timestamp: timestamp, key: key, value: value)
        guard size + record.json.count + 1 <= FunctionLimits.payload else { return false }
        size += record.json.count + 1
        records.append(record)
        return true
    }

    /// JSON, without an end of line.
    package func event() -> [UInt8] { envelope.event(Batch([Batch.Run(partition: partition, records: records)])) }
}
