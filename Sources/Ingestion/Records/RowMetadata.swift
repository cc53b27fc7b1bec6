import Base64
import Bytes
import JSON
import KafkaEvent

/// Adds to a row where its record came from: `kafka_topic`, `kafka_partition`, `kafka_offset`, `kafka_timestamp`, with
/// `kafka-headers` `kafka_timestamp_type` and `kafka_headers`, and the key.
///
/// `kafka_topic` stays the first of them: lines written under different settings are compared up to there.
final class RowMetadata {
    /// What is the same for all rows of the partition: topic, partition, and the offset's name.
    private let head = ByteBuffer()
    private let key = ByteBuffer()
    private let addsHeaders: Bool

    /// Names that `insert` may write: a value with one of them cannot become a row, as the member would occur twice.
    static func names(_ mode: IngestionConfiguration.RecordMetadata) -> [String] {
        let names = [
            "kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "kafka_key", "kafka_key_base64",
            "kafka_tombstone",
        ]
        return switch mode {
        case .none: []
        case .kafka: names
        case .kafkaHeaders: names + ["kafka_timestamp_type", "kafka_headers"]
        }
    }

    init(_ topicPartition: TopicPartition, addsHeaders: Bool) {
        self.addsHeaders = addsHeaders
        head.append("\"kafka_topic\":")
        JSONWriter.appendString(topicPartition.topic, to: head)
        head.append(",\"kafka_partition\":")
        head.append(decimal: Int64(topicPartition.partition))
        head.append(",\"kafka_offset\":")
    }

    /// Reads the key of the record that `insert` writes next.
    @inline(__always)
    func readKey(_ record: borrowing KafkaRecord) -> Rejection? {
        key.removeAll()
        guard let text = record.key, !Base64.decode(text, appendingTo: key) else { return nil }
        return .keyNotBase64
    }

    /// Inserts the members before the last brace of the object that `body` holds from `start` onward.
    @inline(__always)
    func insert(_ record: borrowing KafkaRecord, into body: ByteBuffer, from start: Int) {
        // The value is an object: it ends in a brace, followed by white space at most.
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
        if addsHeaders { appendHeaders(record.headers, record.timestampType, to: body) }
        appendKey(isAbsent: record.key == nil, to: body)
        if record.value == nil { body.append(",\"kafka_tombstone\":true") }
        body.append(UInt8(ascii: "}"))
    }

    /// As text, or else as base64 under another name: so no two keys look the same. What has control characters counts
    /// as binary, like most numbers: those of one topic are not text now and base64 then.
    @inline(__always)
    private func appendKey(isAbsent: Bool, to body: ByteBuffer) {
        guard !isAbsent else { return body.append(",\"kafka_key\":null") }
        guard !isPlain(key.bytes) else {
            body.append(",\"kafka_key\":\"")
            body.append(key.bytes)
            return body.append(UInt8(ascii: "\""))
        }
        appendUnusualKey(to: body)
    }

    @inline(never)
    private func appendUnusualKey(to body: ByteBuffer) {
        body.append(",\"kafka_key")
        appendTextOrBase64(key.bytes, isText: Self.isText(key.bytes), to: body)
    }

    /// The rest of a member's name, the name of which has begun, and its value.
    private func appendTextOrBase64(_ bytes: UnsafeRawBufferPointer, isText: Bool, to body: ByteBuffer) {
        guard !isText else {
            body.append("\":")
            return JSONWriter.appendString(bytes, to: body)
        }
        body.append("_base64\":\"")
        Base64.encode(bytes, appendingTo: body)
        body.append("\"")
    }

    @inline(never)
    private func appendHeaders(_ headers: KafkaHeaders, _ timestampType: PaddedBytes?, to body: ByteBuffer) {
        body.append(",\"kafka_timestamp_type\":")
        if let timestampType { JSONWriter.appendString(timestampType.bytes, to: body) } else { body.append("null") }
        body.append(",\"kafka_headers\":[")
        var isFirst = true
        headers.forEach { name, value in
            body.append(isFirst ? "{\"key\":" : ",{\"key\":")
            isFirst = false
            JSONWriter.appendString(name.text, to: body)
            if let value {
                body.append(",\"value")
                appendTextOrBase64(value.bytes, isText: Self.isText(value.bytes), to: body)
                body.append("}")
            } else {
                body.append(",\"value\":null}")
            }
        }
        body.append("]")
    }

    /// Whether the bytes need no escapes in a JSON string.
    private func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 &- 0x20 < 0x5F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// Whether the bytes are UTF-8 without control characters.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
