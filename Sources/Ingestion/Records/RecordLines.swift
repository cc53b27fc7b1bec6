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
        shapes = ShapeMemory(reserved: Self.reservedNames(configuration))
    }

    /// Names that no member of a value may have, in the groups of `Rejection`.
    static func reservedNames(_ configuration: IngestionConfiguration) -> [[String]] {
        [configuration.layout.usedPartitionColumns, RowMetadata.names(configuration.recordMetadata)]
    }

    // MARK: Rows

    /// Appends the record's value as one line.
    ///
    /// - Parameters:
    ///   - metadata: what is added to the row, if anything.
    ///   - learner: what learns from the row, if anything does.
    /// - Returns: why it cannot become a row, with `body` as it was before.
    @inline(__always)
    func appendRow(
        _ record: borrowing KafkaRecord, _ metadata: RowMetadata?, _ learner: RowLearner?, to body: ByteBuffer
    ) -> Rejection? {
        let start = body.count
        // Read first: nothing is learned from a record whose key is at fault.
        let keyFault = metadata?.readKey(record)
        let learner = keyFault == nil ? learner : nil
        guard let rejection = appendValue(record, learner, to: body) ?? keyFault else {
            metadata?.insert(record, into: body, from: start)
            body.append(UInt8(ascii: "\n"))
            return nil
        }
        body.truncate(to: start)
        return rejection
    }

    /// What is rarely asked for stays out of line: it would keep the usual path from being put into the loop over
    /// records.
    @inline(__always)
    private func appendValue(
        _ record: borrowing KafkaRecord, _ learner: RowLearner?, to body: ByteBuffer
    ) -> Rejection? {
        guard let value = record.value else {
            guard tombstones == .row else { return .tombstone }
            body.append("{}")
            return nil
        }
        guard format == .json else { return appendColumn(value, to: body, learner, record.offset) }
        return appendObject(value, to: body, learner, record.offset)
    }

    @inline(never)
    private func appendColumn(
        _ value: PaddedBytes, to body: ByteBuffer, _ learner: RowLearner?, _ offset: Int64
    ) -> Rejection? {
        let rejection = format == .text ? appendText(value, to: body) : appendBytes(value, to: body)
        if rejection == nil { learner?.learnOnlyColumn(format == .text ? "value" : "value_base64", offset) }
        return rejection
    }

    /// The base64 is decoded straight into `body`. The check is a full one (RFC 8259): a single malformed line makes
    /// Athena fail the whole query.
    @inline(__always)
    private func appendObject(
        _ value: PaddedBytes, to body: ByteBuffer, _ learner: RowLearner?, _ offset: Int64
    ) -> Rejection? {
        let start = body.count
        guard Base64.decode(value, appendingTo: body) else { return .valueNotBase64 }
        let row = body.padded.suffix(from: start)
        guard let learner else {
            let (verdict, fault) = shapes.check(row, maximumDepth: Self.maximumDepth)
            return end(verdict, fault, in: body, from: start)
        }
        let (verdict, fault) = learner.check(row, offset, maximumDepth: Self.maximumDepth)
        return end(verdict, fault, in: body, from: start)
    }

    @inline(__always)
    private func end(
        _ verdict: JSONVerdict, _ fault: ShapeFault?, in body: ByteBuffer, from start: Int
    ) -> Rejection? {
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
