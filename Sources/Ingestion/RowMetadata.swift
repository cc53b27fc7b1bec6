import Base64
import Bytes
import JSON
import KafkaEvent

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Adds to a row where its record came from: `kafka_topic`, `kafka_partition`, `kafka_offset`, `kafka_timestamp`
/// and `kafka_key`.
final class RowMetadata {
    /// What is the same for all rows of the partition: topic, partition, and the offset's name.
    private let head = ByteBuffer()
    private let key = ByteBuffer()

    init(_ topicPartition: TopicPartition) {
        head.append("\"kafka_topic\":")
        JSONWriter.appendString(topicPartition.topic, to: head)
        head.append(",\"kafka_partition\":")
        head.append(decimal: Int64(topicPartition.partition))
        head.append(",\"kafka_offset\":")
    }

    /// Puts the members in front of the last brace of the object that `body` holds from `start` on.
    func insert(_ record: KafkaRecord, into body: ByteBuffer, from start: Int) -> Rejection? {
        if nameIsTaken(UnsafeRawBufferPointer(rebasing: body.bytes[start...])) { return .metadataNameTaken }
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
    /// Athena refuses a row that names a column twice, in whatever case. Few values hold the names at all, so they
    /// are looked at closely only then.
    private func nameIsTaken(_ value: UnsafeRawBufferPointer) -> Bool {
        guard mentionsKafka(value) else { return false }
        let reserved = ["kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "kafka_key"]
        var cursor = JSONCursor(value)
        var isFirst = true
        do throws(JSONError) {
            try cursor.enterObject()
            while let name = try cursor.nextName(&isFirst) {
                if reserved.contains(name.text.lowercased()) { return true }
                try cursor.skipValue()
            }
            return false
        } catch {
            // The check has passed this value; what the cursor cannot read is not worth a row either.
            return true
        }
    }

    /// Whether `a_` or `A_` stands anywhere, as it does in every one of the names; or `\u`, which may spell them.
    private func mentionsKafka(_ value: UnsafeRawBufferPointer) -> Bool {
        contains("_", value) { at in at > 0 && value[at - 1] | 0x20 == UInt8(ascii: "a") }
            || contains("\\", value) { at in at + 1 < value.count && value[at + 1] == UInt8(ascii: "u") }
    }

    private func contains(
        _ character: Unicode.Scalar, _ value: UnsafeRawBufferPointer, where isMeant: (Int) -> Bool
    ) -> Bool {
        guard let start = value.baseAddress else { return false }
        var at = start
        while let found = memchr(at, Int32(character.value), start + value.count - at).map({ UnsafeRawPointer($0) }) {
            if isMeant(found - start) { return true }
            at = found + 1
        }
        return false
    }
}
