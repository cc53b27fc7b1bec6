import Foundation
import TestParts

/// A record as a mapping delivers it.
struct Record {
    var topic = "prices"
    var partition = 0
    var offset: Int
    /// Milliseconds since 1970.
    var timestamp = Event.noon
    var key: String?
    /// The value's text; `nil` is a tombstone.
    var value: String?

    init(
        _ offset: Int, topic: String = "prices", partition: Int = 0, timestamp: Int = Event.noon, key: String? = nil,
        value: String? = nil
    ) {
        (self.offset, self.topic, self.partition, self.timestamp, self.key) = (offset, topic, partition, timestamp, key)
        self.value = value ?? "{\"Index\":\"N100\",\"Close\":\(offset).5,\"topic\":\"\(topic)-\(partition)\"}"
    }

    static func tombstone(_ offset: Int, partition: Int = 0) -> Record {
        var record = Record(offset, partition: partition)
        record.value = nil
        return record
    }

    fileprivate var object: [String: Any] {
        [
            "topic": topic, "partition": partition, "offset": offset, "timestamp": timestamp,
            "timestampType": "CREATE_TIME", "headers": [],
            "key": key.map { Data($0.utf8).base64EncodedString() as Any } ?? NSNull(),
            "value": value.map { Data($0.utf8).base64EncodedString() as Any } ?? NSNull(),
        ]
    }
}

/// Events as text.
enum Event {
    /// 2026-11-21T12:00:00Z
    static let noon = 1_795_262_400_000
    static let hour = 3_600_000

    static func msk(_ records: [Record]) throws -> String {
        var lists: [String: [[String: Any]]] = [:]
        for record in records { lists["\(record.topic)-\(record.partition)", default: []].append(record.object) }
        let event: [String: Any] = [
            "eventSource": "aws:kafka", "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/u-2",
            "bootstrapServers": "b-1.example.com:9092", "records": lists,
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: event, options: .sortedKeys), as: UTF8.self)
    }

    /// Records of one partition and hour.
    static func msk(_ offsets: ClosedRange<Int>) throws -> String { try msk(offsets.map { Record($0) }) }

    static let empty = "{\"eventSource\":\"aws:kafka\",\"records\":{}}"

    /// A file of `events/`.
    static func sample(_ name: String) throws -> String {
        try String(contentsOf: samples("\(name).json"), encoding: .utf8)
    }

    /// What `events/make-batch.py` writes.
    static func made(_ arguments: String...) throws -> String {
        String(decoding: try TestParts.output(ofPython: samples("make-batch.py"), arguments), as: UTF8.self)
    }

    private static func samples(_ name: String) -> URL { TestParts.file("../../events/\(name)") }
}
