import Base64
import Bytes
import JSON
import KafkaEvent

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Why a record cannot be a row. Stands in its line under `reason`.
enum Rejection: String {
    case tombstone
    case valueNotBase64 = "value-not-base64"
    case keyNotBase64 = "key-not-base64"
    case notUTF8 = "not-utf-8"
    case malformedJSON = "malformed-json"
    case notAnObject = "not-an-object"
    case tooDeep = "nested-too-deep"
    case metadataNameTaken = "metadata-name-taken"
}

/// Writes records as JSON Lines: as the row that the value is, or, where it is none, as a description of the record
/// from which it can be produced again.
struct RecordLines {
    let metadata: IngestionConfiguration.RecordMetadata
    private let decodedKey = ByteBuffer()

    init(metadata: IngestionConfiguration.RecordMetadata) { self.metadata = metadata }

    // MARK: Rows

    /// Appends the record's value as one line; its base64 is decoded straight into `body`.
    ///
    /// The check is a full one (RFC 8259): a single malformed line makes Athena fail the whole query.
    /// - Returns: why it is no row, with `body` as it was before.
    func appendRow(_ record: KafkaRecord, _ topicPartition: TopicPartition, to body: ByteBuffer) -> Rejection? {
        guard let value = record.value else { return .tombstone }
        let start = body.count
        guard Base64.decode(value, appendingTo: body) else { return .valueNotBase64 }
        if let rejection = finishRow(record, topicPartition, body, from: start) {
            body.truncate(to: start)
            return rejection
        }
        body.append(UInt8(ascii: "\n"))
        return nil
    }

    private func finishRow(
        _ record: KafkaRecord, _ topicPartition: TopicPartition, _ body: ByteBuffer, from start: Int
    ) -> Rejection? {
        switch JSONCheck.check(UnsafeRawBufferPointer(rebasing: body.bytes[start...])) {
        case .object(let traits):
            if traits.contains(.lineBreaks) { JSONLine.removeLineBreaks(in: body, from: start) }
        case .otherValue: return .notAnObject
        case .malformed: return .malformedJSON
        case .tooDeep: return .tooDeep
        case .notUTF8: return .notUTF8
        }
        return metadata == .kafka ? insertMetadata(record, topicPartition, body, from: start) : nil
    }

    // MARK: Metadata

    /// Puts the record's place in front of the object's last brace.
    private func insertMetadata(
        _ record: KafkaRecord, _ topicPartition: TopicPartition, _ body: ByteBuffer, from start: Int
    ) -> Rejection? {
        if nameIsTaken(UnsafeRawBufferPointer(rebasing: body.bytes[start...])) { return .metadataNameTaken }
        decodedKey.removeAll()
        if let key = record.key, !Base64.decode(key, appendingTo: decodedKey) { return .keyNotBase64 }
        // The value is an object: it ends in a brace, with white space behind it at most.
        var brace = body.count - 1
        while body.base[brace] != UInt8(ascii: "}") { brace -= 1 }
        body.truncate(to: brace)
        var before = brace - 1
        while body.base[before] <= 0x20 { before -= 1 }
        // A brace that opens can only be the object's own here: inside, one would have been closed.
        if body.base[before] != UInt8(ascii: "{") { body.append(",") }
        body.append("\"kafka_topic\":")
        JSONWriter.appendString(topicPartition.topic, to: body)
        body.append(",\"kafka_partition\":")
        body.append(decimal: Int64(record.partition))
        body.append(",\"kafka_offset\":")
        body.append(decimal: record.offset)
        body.append(",\"kafka_timestamp\":")
        body.append(decimal: record.timestamp)
        body.append(",\"kafka_key\":")
        appendKey(record.key, to: body)
        body.append("}")
        return nil
    }

    /// As text where the key is text, otherwise as the base64 it came in: a key is often a binary schema's.
    private func appendKey(_ key: UnsafeRawBufferPointer?, to body: ByteBuffer) {
        guard let key else { return body.append("null") }
        let isText = String(validating: decodedKey.bytes, as: UTF8.self) != nil
        JSONWriter.appendString(isText ? decodedKey.bytes : key, to: body)
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

    // MARK: What is no row

    /// Appends a line that says what the record was and why it is here. Key and value stand as the event had them,
    /// base64 as a rule, so nothing is lost even where they are not.
    func appendRejected(_ record: KafkaRecord, _ topicPartition: TopicPartition, _ reason: Rejection, to body: ByteBuffer) {
        body.append("{\"topic\":")
        JSONWriter.appendString(topicPartition.topic, to: body)
        body.append(",\"partition\":")
        body.append(decimal: Int64(record.partition))
        body.append(",\"offset\":")
        body.append(decimal: record.offset)
        body.append(",\"timestamp\":")
        body.append(decimal: record.timestamp)
        body.append(",\"headers\":[")
        appendHeaders(record.headers, to: body)
        body.append("],\"key\":")
        appendVerbatim(record.key, to: body)
        body.append(",\"value\":")
        appendVerbatim(record.value, to: body)
        body.append(",\"reason\":\"")
        body.append(reason.rawValue)
        body.append("\"}\n")
    }

    private func appendHeaders(_ headers: KafkaHeaders, to body: ByteBuffer) {
        var isFirst = true
        headers.forEach { name, value in
            if !isFirst { body.append(",") }
            isFirst = false
            body.append("{\"key\":")
            JSONWriter.appendString(name.text, to: body)
            body.append(",\"value\":")
            if let value {
                body.append("\"")
                Base64.encode(value.bytes, appendingTo: body)
                body.append("\"}")
            } else {
                body.append("null}")
            }
        }
    }

    private func appendVerbatim(_ text: UnsafeRawBufferPointer?, to body: ByteBuffer) {
        if let text { JSONWriter.appendString(text, to: body) } else { body.append("null") }
    }
}
