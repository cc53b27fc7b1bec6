import Base64
import Bytes
import JSON
import KafkaEvent

/// Adds to a row where its record came from: `kafka_topic`, `kafka_partition`, `kafka_offset`, `kafka_timestamp`
/// and `kafka_key`.
final class RowMetadata {
    /// What is the same for all rows of the partition: topic, partition, and the offset's name.
    private let head = ByteBuffer()
    private let key = ByteBuffer()

    /// A value that has one of these names of its own is no row: it would name the member twice.
    static let names = ["kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "kafka_key"]

    init(_ topicPartition: TopicPartition) {
        head.append("\"kafka_topic\":")
        JSONWriter.appendString(topicPartition.topic, to: head)
        head.append(",\"kafka_partition\":")
        head.append(decimal: Int64(topicPartition.partition))
        head.append(",\"kafka_offset\":")
    }

    /// Puts the members in front of the last brace of the object that `body` holds from `start` on.
    func insert(_ record: KafkaRecord, into body: ByteBuffer, from start: Int) -> Rejection? {
        key.removeAll()
        if let text = record.key, !Base64.decode(text, appendingTo: key) { return .keyNotBase64 }
        // The value is an object: it ends in a brace, with white space behind it at most.
        var brace = body.count - 1
        while body.base[brace] != UInt8(ascii: "}") { brace -= 1 }
        body.truncate(to: brace)
        var before = brace - 1
        while body.base[before] <= 0x20 { before -= 1 }
        // A brace that opens can only be the object's own here: inside, one would have been closed.
        if body.base[before] != UInt8(ascii: "{") { body.append(UInt8(ascii: ",")) }
        body.append(head.bytes)
        body.append(decimal: record.offset)
        body.append(",\"kafka_timestamp\":")
        body.append(decimal: record.timestamp)
        body.append(",\"kafka_key\":")
        appendKey(record.key, to: body)
        body.append(UInt8(ascii: "}"))
        return nil
    }

    /// As text where the key is text, otherwise as the base64 it came in: a key is often a binary schema's.
    private func appendKey(_ text: UnsafeRawBufferPointer?, to body: ByteBuffer) {
        guard let text else { return body.append("null") }
        guard !isPlain(key.bytes) else {
            body.append(UInt8(ascii: "\""))
            body.append(key.bytes)
            return body.append(UInt8(ascii: "\""))
        }
        let isText = String(validating: key.bytes, as: UTF8.self) != nil
        JSONWriter.appendString(isText ? key.bytes : text, to: body)
    }

    /// Whether the bytes can stand in JSON as they are.
    private func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 &- 0x20 < 0x60 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}
