import Base64
import Bytes
import JSON
import KafkaEvent
import RecordShape

/// Writes records as JSON Lines: as the row that the value is or, if it cannot become one, as a description of the
/// record from which it can be reproduced.
struct RecordLines {
    /// Names of lines that do not come from a value: those of rejected records, and of rows of another format than
    /// JSON.
    static let ownNames = [
        "topic", "partition", "offset", "timestamp", "headers", "key", "value", "value_base64", "reason",
    ]

    /// The deepest nesting of a row. DuckDB accepts 128 levels, of which the innermost value is one; Spark and
    /// Trino (Jackson) accept 1,000.
    static let maximumDepth = 127

    /// Whether rows get members that say where they came from.
    let addsMetadata: Bool
    let addsHeaders: Bool
    private let format: IngestionConfiguration.ValueFormat
    private let tombstones: IngestionConfiguration.Tombstones
    private let shapes: ShapeMemory
    private let plain = ByteBuffer()

    init(_ configuration: IngestionConfiguration) {
        addsMetadata = configuration.recordMetadata != .none
        addsHeaders = configuration.recordMetadata == .kafkaHeaders
        format = configuration.valueFormat
        tombstones = configuration.tombstones
        shapes = ShapeMemory(reserved: [
            configuration.layout.usedPartitionColumns, RowMetadata.names(configuration.recordMetadata),
        ])
    }

    // MARK: Rows

    /// Appends the record's value as one line.
    ///
    /// - Parameter metadata: what is added to the row, if anything.
    /// - Returns: why it cannot become a row, with `body` as it was before.
    @inline(__always)
    func appendRow(_ record: borrowing KafkaRecord, _ metadata: RowMetadata?, to body: ByteBuffer) -> Rejection? {
        let start = body.count
        let rejection = appendValue(record.value, to: body) ?? metadata?.insert(record, into: body, from: start)
        guard rejection == nil else {
            body.truncate(to: start)
            return rejection
        }
        body.append(UInt8(ascii: "\n"))
        return nil
    }

    /// What is rarely asked for stays out of line: it would keep the usual path from being put into the loop over
    /// records.
    @inline(__always)
    private func appendValue(_ value: PaddedBytes?, to body: ByteBuffer) -> Rejection? {
        guard let value else {
            guard tombstones == .row else { return .tombstone }
            body.append("{}")
            return nil
        }
        return format == .json ? appendObject(value, to: body) : appendColumn(value, to: body)
    }

    @inline(never)
    private func appendColumn(_ value: PaddedBytes, to body: ByteBuffer) -> Rejection? {
        format == .text ? appendText(value, to: body) : appendBytes(value, to: body)
    }

    /// The base64 is decoded straight into `body`. The check is a full one (RFC 8259): a single malformed line makes
    /// Athena fail the whole query.
    @inline(__always)
    private func appendObject(_ value: PaddedBytes, to body: ByteBuffer) -> Rejection? {
        let start = body.count
        guard Base64.decode(value, appendingTo: body) else { return .valueNotBase64 }
        let row = body.padded.suffix(from: start)
        let (verdict, fault) = shapes.check(row, maximumDepth: Self.maximumDepth)
        switch verdict {
        case .object(let traits):
            if let fault { return Rejection(fault) }
            if traits.isSubset(of: .expectedShape) { return nil }
            if traits.contains(.loneSurrogate) { return .loneSurrogate }
            if traits.contains(.lineBreaks) { JSONLine.removeLineBreaks(in: body, from: start) }
            return nil
        case .otherValue: return .notAnObject
        case .malformed: return .malformedJSON
        case .tooDeep: return .tooDeep
        case .notUTF8: return .notUTF8
        }
    }

    private func appendText(_ value: PaddedBytes, to body: ByteBuffer) -> Rejection? {
        plain.removeAll()
        guard Base64.decode(value, appendingTo: plain) else { return .valueNotBase64 }
        guard String(validating: plain.bytes, as: UTF8.self) != nil else { return .notUTF8 }
        body.append("{\"value\":")
        JSONWriter.appendString(plain.bytes, to: body)
        body.append("}")
        return nil
    }

    private func appendBytes(_ value: PaddedBytes, to body: ByteBuffer) -> Rejection? {
        plain.removeAll()
        guard Base64.decode(value, appendingTo: plain) else { return .valueNotBase64 }
        body.append("{\"value_base64\":\"")
        Base64.encode(plain.bytes, appendingTo: body)
        body.append("\"}")
        return nil
    }

    // MARK: What cannot become a row

    /// Appends a line that says what the record was and why it is here. Key and value stand as the event had them,
    /// base64 as a rule, so nothing is lost even where they are not.
    func appendRejected(
        _ record: borrowing KafkaRecord, _ topicPartition: TopicPartition, _ reason: Rejection, to body: ByteBuffer
    ) {
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

    private func appendVerbatim(_ text: PaddedBytes?, to body: ByteBuffer) {
        if let text { JSONWriter.appendString(text.bytes, to: body) } else { body.append("null") }
    }
}
