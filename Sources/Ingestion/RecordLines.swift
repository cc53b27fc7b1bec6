import Base64
import Bytes
import JSON
import KafkaEvent
import RecordShape

/// Why a record cannot be a row. Stands in its line under `reason`.
enum Rejection: String {
    case tombstone
    case valueNotBase64 = "value-not-base64"
    case keyNotBase64 = "key-not-base64"
    case notUTF8 = "not-utf-8"
    case malformedJSON = "malformed-json"
    case notAnObject = "not-an-object"
    case tooDeep = "nested-too-deep"
    case duplicateName = "duplicate-name"
    case metadataNameTaken = "metadata-name-taken"
}

extension Rejection {
    fileprivate init(_ fault: ShapeFault) {
        switch fault {
        case .duplicateName: self = .duplicateName
        case .reservedName: self = .metadataNameTaken
        }
    }
}

/// Writes records as JSON Lines: as the row that the value is, or, where it is none, as a description of the record
/// from which it can be produced again.
struct RecordLines {
    /// Whether rows are to have members that say where they came from.
    let addsMetadata: Bool
    private let shapes: ShapeMemory

    init(metadata mode: IngestionConfiguration.RecordMetadata) {
        addsMetadata = mode == .kafka
        shapes = ShapeMemory(reserved: [mode == .kafka ? RowMetadata.names : []])
    }

    // MARK: Rows

    /// Appends the record's value as one line; its base64 is decoded straight into `body`.
    ///
    /// The check is a full one (RFC 8259): a single malformed line makes Athena fail the whole query.
    /// - Parameter metadata: what is added to the row, if anything.
    /// - Returns: why it is no row, with `body` as it was before.
    func appendRow(_ record: KafkaRecord, _ metadata: RowMetadata?, to body: ByteBuffer) -> Rejection? {
        guard let value = record.value else { return .tombstone }
        let start = body.count
        guard Base64.decode(value, appendingTo: body) else { return .valueNotBase64 }
        if let rejection = finishRow(record, metadata, body, from: start) {
            body.truncate(to: start)
            return rejection
        }
        body.append(UInt8(ascii: "\n"))
        return nil
    }

    private func finishRow(
        _ record: KafkaRecord, _ metadata: RowMetadata?, _ body: ByteBuffer, from start: Int
    ) -> Rejection? {
        let value = UnsafeRawBufferPointer(rebasing: body.bytes[start...])
        switch JSONCheck.check(value, outline: shapes.outline) {
        case .object(let traits):
            if let fault = shapes.fault(in: value) { return Rejection(fault) }
            if traits.contains(.lineBreaks) { JSONLine.removeLineBreaks(in: body, from: start) }
        case .otherValue: return .notAnObject
        case .malformed: return .malformedJSON
        case .tooDeep: return .tooDeep
        case .notUTF8: return .notUTF8
        }
        return metadata?.insert(record, into: body, from: start)
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
