import Bytes
import JSON
import Kafka

/// Puts a batch into the JSON that the function receives, and knows its size beforehand.
struct EventEnvelope {
    private let head: [UInt8]

    init(_ configuration: MappingConfiguration) {
        self.init(configuration.eventSource, bootstrapServers: configuration.bootstrapServers)
    }

    init(_ eventSource: MappingConfiguration.EventSource, bootstrapServers: String) {
        let head = ByteBuffer(capacity: 512)
        switch eventSource {
        case .msk(let arn):
            head.append("{\"eventSource\":\"aws:kafka\",\"eventSourceArn\":")
            JSONWriter.appendString(arn, to: head)
        case .selfManaged: head.append("{\"eventSource\":\"SelfManagedKafka\"")
        }
        head.append(",\"bootstrapServers\":")
        JSONWriter.appendString(bootstrapServers, to: head)
        head.append(",\"records\":{")
        self.head = Array(head.bytes)
    }

    /// Bytes of an event without records.
    var emptySize: Int { head.count + 2 }

    /// Bytes that a partition's list adds at most, apart from its records and the comma after each.
    static func listSize(_ partition: TopicPartition) -> Int { partition.description.utf8.count + 7 }

    func event(_ batch: Batch) -> [UInt8] {
        var event = head
        event.reserveCapacity(
            emptySize
                + batch.runs.reduce(0) { size, run in
                    run.records.reduce(size + Self.listSize(run.partition)) { $0 + $1.json.count + 1 }
                })
        for (index, run) in batch.runs.enumerated() {
            if index > 0 { event.append(UInt8(ascii: ",")) }
            // A topic's name is letters, digits, '.', '_' and '-'.
            event += "\"\(run.partition)\":[".utf8
            for (index, record) in run.records.enumerated() {
                if index > 0 { event.append(UInt8(ascii: ",")) }
                event += record.json
            }
            event.append(UInt8(ascii: "]"))
        }
        event += "}}".utf8
        return event
    }
}
