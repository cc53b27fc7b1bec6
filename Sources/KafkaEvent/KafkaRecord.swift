import Base64
import Bytes
import JSON

/// One record of the batch as the event describes it. Its texts point into the event, or into the reader's own memory
/// where the event wrote them with escapes, and are valid only until the next record is read; so there are no copies of
/// it.
package struct KafkaRecord: ~Copyable {
    /// UTF-8. Taken from the record: the name of its list (`mytopic-0`) is ambiguous for topics with a `-`.
    package var topic: UnsafeRawBufferPointer
    package var partition: Int32
    package var offset: Int64
    /// Milliseconds since 1970, by the producer or the broker; -1 where the record has none.
    package var timestamp: Int64
    /// `CREATE_TIME` or `LOG_APPEND_TIME`; `nil` where the record does not say.
    package var timestampType: PaddedBytes?
    /// Base64, not yet decoded or checked; `nil` where the record has no key.
    package var key: PaddedBytes?
    /// Base64, not yet decoded or checked; `nil` for a tombstone.
    package var value: PaddedBytes?
    package var headers: KafkaHeaders
    /// Where the record begins, in bytes from the start of the event.
    package var position: Int
    /// Whether topic and partition are known to be those of the record before it; false says nothing.
    package var continuesRun = false

    /// A record of which nothing is known but where it is.
    package init(position: Int = 0) {
        topic = UnsafeRawBufferPointer(start: nil, count: 0)
        partition = 0
        offset = 0
        timestamp = -1
        headers = .none
        self.position = position
    }
}

/// A record's headers, in their order; a name may stand more than once.
package struct KafkaHeaders {
    /// The event's own array, whose form has been checked, or `nil` where it has none.
    let json: PaddedBytes?

    package static var none: KafkaHeaders { KafkaHeaders(json: nil) }

    /// Calls `body` with each header's name and its bytes, which are reused for the next one.
    /// A header without a value is reported as `nil`, which Kafka distinguishes from an empty one.
    package func forEach(_ body: (JSONString, ByteBuffer?) -> Void) {
        guard let json else { return }
        var cursor = JSONCursor(json)
        let value = ByteBuffer()
        // What is read here was read before, when the record was: it cannot fail now.
        try? Self.read(&cursor) { name, bytes in
            guard let bytes else { return body(name, nil) }
            value.removeAll()
            for byte in bytes { value.append(byte) }
            body(name, value)
        }
    }

    /// Reads `[{"name":[104,-61]},…]`. Lambda sends header bytes as Java does, signed; 128…255 is taken as well.
    ///
    /// Emulators send other things, which must not keep back a batch: one object for all headers, or a value's bytes as
    /// base64. What is neither is used as the bytes in the event.
    static func read(_ cursor: inout JSONCursor, _ body: (JSONString, [UInt8]?) -> Void) throws(JSONError) {
        switch cursor.peek() {
        case UInt8(ascii: "["): break
        case UInt8(ascii: "{"): return try readObject(&cursor, body)
        default: return try cursor.skipValue()
        }
        try cursor.enterArray()
        var isFirst = true
        while try cursor.nextElement(&isFirst) {
            if cursor.peek() == UInt8(ascii: "{") { try readObject(&cursor, body) } else { try cursor.skipValue() }
        }
    }

    private static func readObject(
        _ cursor: inout JSONCursor, _ body: (JSONString, [UInt8]?) -> Void
    ) throws(JSONError) {
        try cursor.enterObject()
        var isFirst = true
        while let name = try cursor.nextName(&isFirst) {
            body(name, try cursor.skipNull() ? nil : try readValue(&cursor))
        }
    }

    private static func readValue(_ cursor: inout JSONCursor) throws(JSONError) -> [UInt8] {
        if cursor.peek() == UInt8(ascii: "[") {
            var numbers = cursor
            if let bytes = try? readBytes(&numbers) {
                cursor = numbers
                return bytes
            }
        }
        if cursor.peek() == UInt8(ascii: "\"") {
            let (text, bytes) = (ByteBuffer(), ByteBuffer())
            try cursor.readString().append(to: text)
            return Array(Base64.decode(text.padded, appendingTo: bytes) ? bytes.bytes : text.bytes)
        }
        let start = cursor.offset
        try cursor.skipValue()
        return Array(cursor.text[start..<cursor.offset].bytes)
    }

    private static func readBytes(_ cursor: inout JSONCursor) throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        try cursor.enterArray()
        var isFirst = true
        while try cursor.nextElement(&isFirst) {
            let number = try cursor.readInteger()
            guard (-128...255).contains(number) else { throw cursor.failure("a header byte from -128 to 255") }
            bytes.append(UInt8(truncatingIfNeeded: number))
        }
        return bytes
    }
}
