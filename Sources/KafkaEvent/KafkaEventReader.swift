import Bytes
import JSON

/// Reads the batch that a Kafka event source mapping sends, front to back, once, in place:
///
///     var reader = KafkaEventReader(event.padded)
///     var record = KafkaRecord()
///     while try reader.next(&record) { … }
///
/// The shape is that of "Using Lambda with Amazon MSK" and "… self-managed Apache Kafka" in the AWS Lambda
/// Developer Guide. Members may come in any order and unknown ones are stepped over, checked for their grammar.
package struct KafkaEventReader {
    private var cursor: JSONCursor
    private var path = EventPath()
    private var place = Place.start
    /// Whether nothing has been read yet of the object or array that `place` names.
    private var isFirst = true
    private var hasSource = false
    private var hasRecords = false
    /// Holds what the event wrote with escapes (`\/` in base64, say) until the next record.
    private let unescaped = (topic: ByteBuffer(), type: ByteBuffer(), key: ByteBuffer(), value: ByteBuffer())

    private var compact: CompactRecord

    /// Where in the event the reader stands: among the members of what.
    private enum Place { case start, event, records, list, end }

    /// - Parameter event: stays as it is while records are read.
    package init(_ event: PaddedBytes) {
        cursor = JSONCursor(event)
        compact = CompactRecord(in: event)
    }

    /// Reads the next record in the event's order.
    ///
    /// - Parameter record: is overwritten, in place: handing a new one out would cost more than reading it.
    /// - Returns: false after the last one, once the rest of the event has been read and is valid.
    /// - Throws: `KafkaEventError` where the event is not what it should be, with records before that place already
    ///   handed out.
    package mutating func next(_ record: inout KafkaRecord) throws(KafkaEventError) -> Bool {
        if readFollower(&record) { return true }
        do throws(JSONError) {
            while true {
                switch place {
                case .list: if try nextOfList(&record) { return true }
                case .records: try enterList()
                case .event: try readMember()
                case .start: try enterEvent()
                case .end: return false
                }
            }
        } catch {
            throw KafkaEventError(
                path: path.description, offset: error.offset, expected: error.problem,
                otherEvent: OtherEvent(cursor.text)?.message)
        }
    }

    private mutating func enterEvent() throws(JSONError) {
        try cursor.enterObject()
        place = .event
    }

    private mutating func readMember() throws(JSONError) {
        guard let name = try cursor.nextName(&isFirst) else { return try leaveEvent() }
        path.member = name
        if name.isWritten("eventSource") {
            try readSource()
            hasSource = true
        } else if name.isWritten("records") {
            try cursor.enterObject()
            hasRecords = true
            isFirst = true
            place = .records
        } else {
            try cursor.skipValue()
        }
    }

    private mutating func leaveEvent() throws(JSONError) {
        path = EventPath()
        try cursor.expectEnd()
        guard hasSource else { throw cursor.failure("a member eventSource") }
        guard hasRecords else { throw cursor.failure("a member records") }
        place = .end
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

    /// Continues to the next topic-partition's list of records, or past the last one.
    private mutating func enterList() throws(JSONError) {
        path.list = nil
        path.index = nil
        guard let list = try cursor.nextName(&isFirst) else {
            place = .event
            return
        }
        path.list = list
        try cursor.enterArray()
        path.index = 0
        isFirst = true
        place = .list
    }

    private mutating func nextOfList(_ record: inout KafkaRecord) throws(JSONError) -> Bool {
        guard try cursor.nextElement(&isFirst) else {
            place = .records
            return false
        }
        // A list's first record, or one after white space, which Lambda does not write.
        if cursor.peek() != UInt8(ascii: "{") || !readCompact(at: cursor.position, &record) { try read(&record) }
        path.index = (path.index ?? 0) + 1
        return true
    }

    /// Reads the list's next record if it is where Lambda puts it, right after a comma, and in Lambda's form.
    @inline(__always)
    private mutating func readFollower(_ record: inout KafkaRecord) -> Bool {
        guard place == .list, !isFirst, let index = path.index else { return false }
        // At the event's end this is a byte of the buffer's slack, and no record begins after it.
        guard cursor.position.pointee == UInt8(ascii: ","), readCompact(at: cursor.position + 1, &record) else {
            return false
        }
        path.index = index &+ 1
        return true
    }

    /// Reads the record if Lambda wrote it as it usually does; false leaves it, and what is wrong with it, to `read`.
    @inline(__always)
    private mutating func readCompact(at start: UnsafePointer<UInt8>, _ record: inout KafkaRecord) -> Bool {
        let before = cursor.position
        record.position = cursor.offset &+ (start - before)
        record.headers = .none
        switch compact.read(at: start, into: &record) {
        case .different: return false
        case .whole(let end): cursor.advance(to: end)
        case .headers(let headers):
            cursor.advance(to: headers)
            guard let headers = try? readHeaders(), cursor.peek() == UInt8(ascii: "}") else {
                cursor.advance(to: before)
                return false
            }
            cursor.advance(to: cursor.position + 1)
            record.headers = headers
        }
        return true
    }

    private mutating func read(_ record: inout KafkaRecord) throws(JSONError) {
        compact.forgetHead()
        let position = cursor.offset
        var topic: PaddedBytes?
        var partition: Int64?
        var offset: Int64?
        record = KafkaRecord(position: position)
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
            } else if name.isWritten("timestampType") {
                record.timestampType = try readTimestampType()
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
        guard let offset, offset >= 0 else {
            throw JSONError(offset: position, problem: "a record with an offset from 0")
        }
        record.topic = topic.bytes
        record.partition = number
        record.offset = offset
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

    /// What is not a text says nothing: no record is to be kept back for it.
    private mutating func readTimestampType() throws(JSONError) -> PaddedBytes? {
        if cursor.peek() == UInt8(ascii: "\"") { return plain(try cursor.readString(), unescaped.type) }
        try cursor.skipValue()
        return nil
    }

    private mutating func readOptionalText(_ buffer: ByteBuffer) throws(JSONError) -> PaddedBytes? {
        try cursor.skipNull() ? nil : plain(try cursor.readString(), buffer)
    }

    private mutating func readHeaders() throws(JSONError) -> KafkaHeaders {
        if try cursor.skipNull() { return .none }
        _ = cursor.peek()
        let start = cursor.offset
        try KafkaHeaders.read(&cursor) { _, _ in }
        return KafkaHeaders(json: cursor.text[start..<cursor.offset])
    }

    private func plain(_ string: JSONString, _ buffer: ByteBuffer) -> PaddedBytes {
        guard string.hasEscapes else { return string.raw }
        buffer.removeAll()
        string.append(to: buffer)
        return buffer.padded
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
