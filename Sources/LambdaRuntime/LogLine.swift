import Bytes
import JSON
import Logging
import UTC

/// One event of the log in the order in which it is written.
struct LogLine {
    let moment: EpochMilliseconds
    let level: Logger.Level
    let message: String
    let label: String
    /// `requestId` and `tenantId` first, the rest by name.
    let fields: [(name: String, value: Logger.MetadataValue)]

    init(_ event: LogEvent, at moment: EpochMilliseconds, label: String, _ metadata: Logger.Metadata) {
        self.moment = moment
        level = event.level
        message = event.message.description
        self.label = label
        // The event has most of the fields: the others are added to its own, and not the other way round.
        var all = event.metadata ?? [:]
        all.merge(metadata) { own, _ in own }
        if let error = event.error {
            let report = ErrorReport(error)
            all.merge([
                "errorType": .string(report.type), "errorMessage": .string(report.message), "stackTrace": .array([]),
            ]) { stated, _ in stated }
        }
        var fields = [(name: String, value: Logger.MetadataValue)]()
        fields.reserveCapacity(all.count)
        for name in ["requestId", "tenantId"] {
            if let value = all.removeValue(forKey: name) { fields.append((name, value)) }
        }
        fields += all.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
        self.fields = fields
    }

    /// `timestamp` and `level` as Lambda reads them on OS-only runtimes: a line without counts as INFO.
    /// Metadata is in the object itself, where CloudWatch Logs Insights finds it by its name.
    func appendJSON(to buffer: ByteBuffer) {
        buffer.append("{\"timestamp\":\"")
        CalendarTime(moment).appendRFC3339(to: buffer)
        buffer.append("\",\"level\":\"")
        buffer.append(level.lambdaName)
        buffer.append("\",\"message\":")
        JSONWriter.appendString(message, to: buffer)
        buffer.append(",\"logger\":")
        JSONWriter.appendString(label, to: buffer)
        for (name, value) in fields {
            buffer.append(UInt8(ascii: ","))
            // A name twice in one object would hide the first from most readers.
            let isTaken = ["timestamp", "level", "message", "logger"].contains(name)
            JSONWriter.appendString(isTaken ? "_" + name : name, to: buffer)
            buffer.append(UInt8(ascii: ":"))
            appendJSON(value, to: buffer)
        }
        buffer.append(UInt8(ascii: "}"))
    }

    private func appendJSON(_ value: Logger.MetadataValue, to buffer: ByteBuffer) {
        switch value {
        case .string(let text): JSONWriter.appendString(text, to: buffer)
        case .stringConvertible(let value):
            switch value {
            case let number as Int: buffer.append(decimal: Int64(number))
            case let number as Int64: buffer.append(decimal: number)
            case let flag as Bool: buffer.append(flag ? "true" : "false")
            default: JSONWriter.appendString(value.description, to: buffer)
            }
        case .array(let values):
            buffer.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                appendJSON(value, to: buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            buffer.append(UInt8(ascii: "{"))
            for (index, entry) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                JSONWriter.appendString(entry.key, to: buffer)
                buffer.append(UInt8(ascii: ":"))
                appendJSON(entry.value, to: buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        }
    }

    /// `time=2026-11-23T06:15:01.123Z level=INFO msg="…" name=value …`: logfmt, which log tools take apart as they are.
    func appendText(to buffer: ByteBuffer) {
        buffer.append("time=")
        CalendarTime(moment).appendRFC3339(to: buffer)
        buffer.append(" level=")
        buffer.append(level.lambdaName)
        buffer.append(" msg=")
        appendLogfmt(message, to: buffer)
        for (name, value) in fields where !isEmpty(value) {
            buffer.append(UInt8(ascii: " "))
            let isTaken = ["time", "level", "msg"].contains(name)
            buffer.append(isTaken ? "_" + name : name)
            buffer.append(UInt8(ascii: "="))
            appendLogfmt("\(value)", to: buffer)
        }
    }

    private func isEmpty(_ value: Logger.MetadataValue) -> Bool {
        if case .array(let values) = value { values.isEmpty } else { false }
    }

    /// As it is where it is one plain word; otherwise in quotes, with escapes as in JSON, which also keep it on one
    /// line: CloudWatch makes an event of each.
    private func appendLogfmt(_ text: String, to buffer: ByteBuffer) {
        let isPlain = text.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain && !text.isEmpty { buffer.append(text) } else { JSONWriter.appendString(text, to: buffer) }
    }
}
