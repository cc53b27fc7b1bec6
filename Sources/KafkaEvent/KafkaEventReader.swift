import Bytes
import JSON

/// Reads the batch that a Kafka event-source mapping sends, front to back, once, in place.
///
/// The shape is that of "Using Lambda with Amazon MSK" and "… self-managed Apache Kafka" in the AWS Lambda
/// Developer Guide. Members may come in any order and unknown ones are stepped over, checked for their grammar.
public struct KafkaEventReader {
    private var cursor: JSONCursor
    private var path = EventPath()
    /// Holds what the event wrote with escapes (`\/` in base64, say) until the next record.
    private let unescaped = (topic: ByteBuffer(), key: ByteBuffer(), value: ByteBuffer())

    private let compact: CompactRecord

    private init(_ event: UnsafeRawBufferPointer) {
        cursor = JSONCursor(event)
        compact = CompactRecord(end: cursor.end)
    }

    /// Calls `body` with each record in the event's order. `event` must lie in a `ByteBuffer`.
    ///
    /// - Throws: `KafkaEventError` where the event is not what it should be, with records before that place already
    ///   handed out; whatever `body` throws.
    public static func read(_ event: UnsafeRawBufferPointer, _ body: (KafkaRecord) throws -> Void) throws {
        var reader = KafkaEventReader(event)
        do {
            try reader.readEvent(body)
        } catch let error as JSONError {
            throw KafkaEventError(path: reader.path.description, offset: error.offset, expected: error.problem)
        }
    }

    private mutating func readEvent(_ body: (KafkaRecord) throws -> Void) throws {
        var hasSource = false
        var hasRecords = false
        try cursor.enterObject()
        var isFirst = true
        while let name = try cursor.nextName(&isFirst) {
            path.member = name
            if name.isWritten("eventSource") {
                try readSource()
                hasSource = true
            } else if name.isWritten("records") {
                try readRecords(body)
                hasRecords = true
            } else {
                try cursor.skipValue()
            }
        }
        path = EventPath()
        try cursor.expectEnd()
        guard hasSource else { throw cursor.failure("a member eventSource") }
        guard hasRecords else { throw cursor.failure("a member records") }
    }

    /// Self-managed clusters are announced under two names; both are seen.
    private mutating func readSource() throws(JSONError) {
        let start = cursor.offset
        let source = try cursor.readString()
        let known = ["aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"]
        guard known.contains(source.text) else {
            throw JSONError(offset: start, problem: "one of \(known.joined(separator: ", "))")
        }
    }

    private mutating func readRecords(_ body: (KafkaRecord) throws -> Void) throws {
        try cursor.enterObject()
        var isFirstList = true
        while let list = try cursor.nextName(&isFirstList) {
            path.list = list
            path.index = nil
            try cursor.enterArray()
            path.index = 0
            var isFirstRecord = true
            while try cursor.nextElement(&isFirstRecord) {
                try body(try readCompactRecord() ?? readRecord())
                path.index = (path.index ?? 0) + 1
            }
            path.list = nil
        }
    }

    /// The record, if Lambda wrote it as it usually does; `nil` leaves it, and what is wrong with it, to `readRecord`.
    private mutating func readCompactRecord() -> KafkaRecord? {
        guard cursor.peek() == UInt8(ascii: "{") else { return nil }
        let start = cursor.position
        var record = KafkaRecord(position: cursor.offset)
        switch compact.read(at: start, into: &record) {
        case .different: return nil
        case .whole(let end):
            cursor.advance(to: end)
            return record
        case .headers(let headers):
            cursor.advance(to: headers)
            guard let headers = try? readHeaders(), cursor.peek() == UInt8(ascii: "}") else {
                cursor.advance(to: start)
                return nil
            }
            cursor.advance(to: cursor.position + 1)
            record.headers = headers
            return record
        }
    }

    private mutating func readRecord() throws(JSONError) -> KafkaRecord {
        let position = cursor.offset
        var topic: UnsafeRawBufferPointer?
        var partition: Int64?
        var offset: Int64?
        var record = KafkaRecord(position: position)
        try cursor.enterObject()
        var isFirst = true
        while let name = try cursor.nextName(&isFirst) {
            path.field = name
            if name.isWritten("topic") {
                topic = plain(try cursor.readString(), unescaped.topic)
            } else if name.isWritten("partition") {
                partition = try readNumber()
            } else if name.isWritten("offset") {
                offset = try readNumber()
            } else if name.isWritten("timestamp") {
                record.timestamp = try readNumber()
            } else if name.isWritten("key") {
                record.key = try readOptionalText(unescaped.key)
            } else if name.isWritten("value") {
                record.value = try readOptionalText(unescaped.value)
            } else if name.isWritten("headers") {
                record.headers = try readHeaders()
            } else {
                try cursor.skipValue()
            }
        }
        path.field = nil
        guard let topic, !topic.isEmpty else { throw JSONError(offset: position, problem: "a record with a topic") }
        guard let partition, let number = Int32(exactly: partition), number >= 0 else {
            throw JSONError(offset: position, problem: "a record with a partition from 0 to \(Int32.max)")
        }
        guard let offset, offset >= 0 else { throw JSONError(offset: position, problem: "a record with an offset from 0") }
        record.topic = topic
        record.partition = number
        record.offset = offset
        return record
    }

    /// A number, also where it comes as a string of digits, as `partition` has been seen to.
    private mutating func readNumber() throws(JSONError) -> Int64 {
        guard cursor.peek() == UInt8(ascii: "\"") else { return try cursor.readInteger() }
        let start = cursor.offset
        guard let number = Int64(try cursor.readString().text) else {
            throw JSONError(offset: start, problem: "a whole number")
        }
        return number
    }

    private mutating func readOptionalText(_ buffer: ByteBuffer) throws(JSONError) -> UnsafeRawBufferPointer? {
        try cursor.skipNull() ? nil : plain(try cursor.readString(), buffer)
    }

    private mutating func readHeaders() throws(JSONError) -> KafkaHeaders {
        if try cursor.skipNull() { return .none }
        _ = cursor.peek()
        let start = cursor.offset
        try KafkaHeaders.read(&cursor) { _, _ in }
        return KafkaHeaders(json: UnsafeRawBufferPointer(rebasing: cursor.text[start..<cursor.offset]))
    }

    private func plain(_ string: JSONString, _ buffer: ByteBuffer) -> UnsafeRawBufferPointer {
        guard string.hasEscapes else { return string.raw }
        buffer.removeAll()
        string.append(to: buffer)
        return buffer.bytes
    }
}

/// The place in the document that is being read, put into words only when something is wrong there.
private struct EventPath: CustomStringConvertible {
    var member: JSONString?
    var list: JSONString?
    /// Of the record within the list, once it is known to be one.
    var index: Int?
    var field: JSONString?

    var description: String {
        var text = "$"
        if let member { text += ".\(shortened(member))" }
        if let list { text += "[\"\(shortened(list))\"]" }
        if let index { text += "[\(index)]" }
        if let field { text += ".\(shortened(field))" }
        return text
    }

    /// Names come from outside, too: a megabyte of them does not belong in a log line.
    private func shortened(_ name: JSONString) -> String {
        let text = name.text
        return text.count > 80 ? text.prefix(80) + "…" : text
    }
}
