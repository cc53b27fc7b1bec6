import Bytes
import Libc

/// What was found where the grammar of RFC 8259, or the caller, wanted something else.
package struct JSONError: Error, Equatable, Sendable {
    /// Bytes from the start of the text.
    package var offset: Int
    /// Names what was expected, and nothing of what stood there: the text may hold a user's records.
    package var problem: String

    package init(offset: Int, problem: String) {
        self.offset = offset
        self.problem = problem
    }
}

/// A string as it is in the text, between its quotes.
package struct JSONString {
    /// Points into the text the cursor reads.
    package var raw: PaddedBytes
    /// Where false, `raw` is the string itself.
    package var hasEscapes: Bool

    package init(raw: PaddedBytes, hasEscapes: Bool) {
        self.raw = raw
        self.hasEscapes = hasEscapes
    }

    /// Whether the string is `text`, which holds no backslash. Hardly anyone writes a name with escapes, but where
    /// it is done the name is the same one: a `"t\u006fpic"` passed over would fail its whole batch forever.
    @inline(__always) package func isWritten(_ text: StaticString) -> Bool {
        if hasEscapes { return self.text == text.description }
        return raw.count == text.utf8CodeUnitCount && memcmp(raw.start, text.utf8Start, raw.count) == 0
    }
}

/// Reads JSON from front to back, in place: the caller asks for what it expects next, nothing is built that it does
/// not ask for, and what it skips is checked all the same.
///
/// The text must outlive the cursor and every `JSONString` taken from it.
@usableFromInline package struct JSONCursor {
    /// How deep a skipped value may be nested.
    package static let maximumDepth = 512

    @usableFromInline package let text: PaddedBytes
    /// Where the next byte is read.
    @usableFromInline package private(set) var offset = 0

    package init(_ text: PaddedBytes) { self.text = text }

    /// The next byte that is not white space, or `nil` at the end. It is not consumed.
    package mutating func peek() -> UInt8? {
        while offset < text.count {
            let byte = text[offset]
            if byte > 0x20 || !isWhiteSpace(byte) { return byte }
            offset += 1
        }
        return nil
    }

    /// Where the next byte is read.
    @inlinable package var position: UnsafePointer<UInt8> { text.start + offset }

    /// Continues at another place of the text, up to which the caller has read itself.
    package mutating func advance(to position: UnsafePointer<UInt8>) {
        precondition(position >= text.start && position <= text.end)
        offset = position - text.start
    }

    /// An error at the place that has been reached.
    package func failure(_ problem: String) -> JSONError { JSONError(offset: offset, problem: problem) }

    // MARK: Objects and arrays

    /// Steps into an object; then `nextName` until it says `nil`.
    package mutating func enterObject() throws(JSONError) { try expect("{", "an object") }

    /// The name of the next member, whose value is to be read or skipped next; `nil` once the object has ended.
    /// `isFirst` is the caller's, true before the first call for an object.
    package mutating func nextName(_ isFirst: inout Bool) throws(JSONError) -> JSONString? {
        guard try hasNext(closing: UInt8(ascii: "}"), "a comma or the end of the object", &isFirst) else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw failure("a member name") }
        let name = try readString()
        try expect(":", "a colon")
        return name
    }

    /// Steps into an array; then `nextElement` until it says false.
    package mutating func enterArray() throws(JSONError) { try expect("[", "an array") }

    /// Whether there is another element, to be read or skipped next. `isFirst` as for `nextName`.
    package mutating func nextElement(_ isFirst: inout Bool) throws(JSONError) -> Bool {
        try hasNext(closing: UInt8(ascii: "]"), "a comma or the end of the array", &isFirst)
    }

    private mutating func hasNext(closing: UInt8, _ expected: String, _ isFirst: inout Bool) throws(JSONError) -> Bool {
        let next = peek()
        defer { isFirst = false }
        if next == closing {
            offset += 1
            return false
        }
        if isFirst { return true }
        guard next == UInt8(ascii: ",") else { throw failure(expected) }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: Unicode.Scalar, _ expected: String) throws(JSONError) {
        guard peek() == UInt8(ascii: byte) else { throw failure(expected) }
        offset += 1
    }

    // MARK: Values

    package mutating func readString() throws(JSONError) -> JSONString {
        try expect("\"", "a string")
        let start = offset
        var hasEscapes = false
        while true {
            offset = stringEnd(from: offset)
            guard offset < text.count else { throw failure("the end of a string") }
            let byte = text[offset]
            if byte == UInt8(ascii: "\"") { break }
            guard byte == UInt8(ascii: "\\") else { throw failure("no control character within a string") }
            hasEscapes = true
            offset += try escapeLength()
        }
        let raw = text[start..<offset]
        offset += 1
        return JSONString(raw: raw, hasEscapes: hasEscapes)
    }

    /// A whole number within 64 bits. One with a fraction or an exponent is rejected: no offset is written like that.
    package mutating func readInteger() throws(JSONError) -> Int64 {
        guard let first = peek() else { throw failure("a whole number") }
        let start = offset
        let isNegative = first == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let digits = offset
        var value: Int64 = 0
        while offset < text.count, isDigit(text[offset]) {
            let digit = Int64(text[offset] - 48)
            let (shifted, overflow1) = value.multipliedReportingOverflow(by: 10)
            let (next, overflow2) =
                isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !overflow1, !overflow2 else { throw JSONError(offset: start, problem: "a number within 64 bits") }
            value = next
            offset += 1
        }
        let isWhole = offset > digits && (text[digits] != UInt8(ascii: "0") || offset == digits + 1)
        guard isWhole, offset == text.count || !isNumberByte(text[offset]) else {
            throw JSONError(offset: start, problem: "a whole number")
        }
        return value
    }

    /// Steps over a value that is neither object nor array, and says what it is.
    package mutating func readScalar() throws(JSONError) -> JSONScalar {
        switch peek() {
        case UInt8(ascii: "\""):
            _ = try readString()
            return .text
        case UInt8(ascii: "t"):
            try skipLiteral("true")
            return .boolean
        case UInt8(ascii: "f"):
            try skipLiteral("false")
            return .boolean
        case UInt8(ascii: "n"):
            try skipLiteral("null")
            return .null
        default:
            let start = offset
            try skipNumber()
            return JSONScalar(number: text[start..<offset].bytes)
        }
    }

    /// Consumes `null` if it comes next.
    package mutating func skipNull() throws(JSONError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try skipLiteral("null")
        return true
    }

    /// Steps over one value of any kind, checking its grammar.
    package mutating func skipValue() throws(JSONError) { try skipValue(depth: 0) }

    private mutating func skipValue(depth: Int) throws(JSONError) {
        guard depth < Self.maximumDepth else { throw failure("no deeper nesting than \(Self.maximumDepth)") }
        var isFirst = true
        switch peek() {
        case UInt8(ascii: "{"):
            offset += 1
            while try nextName(&isFirst) != nil { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            offset += 1
            while try nextElement(&isFirst) { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try readString()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        default: try skipNumber()
        }
    }

    /// Nothing but white space may follow the text's one value.
    package mutating func expectEnd() throws(JSONError) {
        if peek() != nil { throw failure("the end of the text") }
    }

    // MARK: Scanning

    private mutating func skipLiteral(_ literal: StaticString) throws(JSONError) {
        let length = literal.utf8CodeUnitCount
        guard length <= text.count - offset, memcmp(position, literal.utf8Start, length) == 0 else {
            throw failure("a value")
        }
        offset += length
    }

    private mutating func skipNumber() throws(JSONError) {
        let start = offset
        func broken() -> JSONError { JSONError(offset: start, problem: "a value") }
        if byte() == UInt8(ascii: "-") { offset += 1 }
        if byte() == UInt8(ascii: "0") { offset += 1 } else { guard skipDigits() else { throw broken() } }
        if byte() == UInt8(ascii: ".") {
            offset += 1
            guard skipDigits() else { throw broken() }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { offset += 1 }
            guard skipDigits() else { throw broken() }
        }
        if isNumberByte(byte()) { throw broken() }
    }

    /// True where there was at least one.
    private mutating func skipDigits() -> Bool {
        let start = offset
        while isDigit(byte()) { offset += 1 }
        return offset > start
    }

    /// The byte at `offset`, 0 at the end of the text.
    private func byte() -> UInt8 { offset < text.count ? text[offset] : 0 }

    private func stringEnd(from start: Int) -> Int {
        guard start < text.count else { return text.count }
        return JSONScan.stringStop(from: text.start + start, in: text) - text.start
    }

    /// How many bytes the escape at `offset` takes: 2, or 6 for `\u`.
    private func escapeLength() throws(JSONError) -> Int {
        let after = offset + 1 < text.count ? text[offset + 1] : 0
        switch after {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard offset + 6 <= text.count, (2..<6).allSatisfy({ hexValue(text[offset + $0]) != nil }) else {
                throw failure("four hexadecimal digits after \\u")
            }
            return 6
        default: throw failure("a known escape")
        }
    }
}

private func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
private func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
/// What cannot directly follow a number.
private func isNumberByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
        || byte | 0x20 == UInt8(ascii: "e")
}
