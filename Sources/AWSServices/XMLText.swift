import Bytes

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Elements in the bytes of S3's answers, found by their tags. It knows no CDATA, no comment with a `>` in it and no
/// element within another of its name, none of which S3 writes; broken XML gives less, never a crash.
///
/// The bytes must stay where they are while anything of this is used.
enum XMLText {
    /// The text of the first element `name` without attributes, at whatever depth; `nil` where there is none.
    static func first(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> String? {
        var at = 0
        while let tag = bytes.index(of: UInt8(ascii: "<"), from: at) {
            at = tag + 1
            guard bytes.has(name, at: at), bytes.has(">", at: at + name.utf8CodeUnitCount) else { continue }
            let start = at + name.utf8CodeUnitCount + 1
            return closingTag(name.bytes, in: bytes, from: start).map { end in
                let text = ByteBuffer(capacity: end - start)
                appendUnescaped(bytes.part(start..<end), to: text)
                return text.text
            }
        }
        return nil
    }

    /// What is between the tags of the outermost element, if that is named `name` and ends where `bytes` do, white
    /// space left aside.
    static func content(ofRoot name: StaticString, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var elements = XMLElements(bytes)
        guard elements.skipToTag(), bytes.has(name, at: elements.at + 1),
            let opened = bytes.index(of: UInt8(ascii: ">"), from: elements.at),
            opened == elements.at + 1 + name.utf8CodeUnitCount || bytes[elements.at + 1 + name.utf8CodeUnitCount] <= 0x20
        else { return nil }
        var end = bytes.count
        while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
        let closing = end - name.utf8CodeUnitCount - 3
        guard closing > opened, bytes.has("</", at: closing), bytes.has(name, at: closing + 2), bytes.has(">", at: end - 1)
        else { return nil }
        return bytes.part(opened + 1..<closing)
    }

    /// Where `</name>` begins.
    fileprivate static func closingTag(
        _ name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer, from start: Int
    ) -> Int? {
        var at = start
        while let tag = bytes.index(of: UInt8(ascii: "<"), from: at) {
            at = tag + 1
            if bytes.has("/", at: at), bytes.has(name, at: at + 1), bytes.has(">", at: at + 1 + name.count) { return tag }
        }
        return nil
    }

    /// Resolves the five named entities and numeric references (XML 1.0 § 4.1); others stay as they are.
    static func appendUnescaped(_ content: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var at = 0
        while let mark = content.index(of: UInt8(ascii: "&"), from: at) {
            buffer.append(content.part(at..<mark))
            let end = content.index(of: UInt8(ascii: ";"), from: mark)
            if let end, end - mark < 12, let character = entity(String(decoding: content[(mark + 1)..<end], as: UTF8.self)) {
                buffer.append(String(character))
                at = end + 1
            } else {
                buffer.append(UInt8(ascii: "&"))
                at = mark + 1
            }
        }
        buffer.append(content.part(at..<content.count))
    }

    private static func entity(_ name: String) -> Character? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return number.flatMap(Unicode.Scalar.init).map(Character.init)
        }
    }
}

/// The elements of one level, one after the other.
struct XMLElements {
    private let bytes: UnsafeRawBufferPointer
    /// Where what has not been read begins.
    fileprivate var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next element and its raw content; `nil` at the end and where no whole element follows.
    mutating func next() -> (name: UnsafeRawBufferPointer, content: UnsafeRawBufferPointer)? {
        guard skipToTag(), let opened = bytes.index(of: UInt8(ascii: ">"), from: at) else { return nil }
        var end = at + 1
        while end < opened, bytes[end] > 0x20, bytes[end] != UInt8(ascii: "/") { end += 1 }
        let name = bytes.part((at + 1)..<end)
        guard !name.isEmpty else { return nil }
        if bytes[opened - 1] == UInt8(ascii: "/") {
            at = opened + 1
            return (name, bytes.part(opened..<opened))
        }
        guard let closing = XMLText.closingTag(name, in: bytes, from: opened + 1) else { return nil }
        at = closing + name.count + 3
        return (name, bytes.part((opened + 1)..<closing))
    }

    /// Whether nothing but white space is left.
    var isAtEnd: Bool { bytes[at...].allSatisfy { $0 <= 0x20 } }

    /// Leaves white space, the declaration and comments behind. False where no element's opening tag follows.
    fileprivate mutating func skipToTag() -> Bool {
        while true {
            while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
            guard bytes.has("<", at: at) else { return false }
            guard bytes.has("?", at: at + 1) || bytes.has("!", at: at + 1) else { return true }
            guard let end = bytes.index(of: UInt8(ascii: ">"), from: at) else { return false }
            at = end + 1
        }
    }
}

extension UnsafeRawBufferPointer {
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    /// Where `byte` stands first, from `start` on.
    func index(of byte: UInt8, from start: Int) -> Int? {
        guard let base = baseAddress, start < count, let found = memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    func has(_ text: UnsafeRawBufferPointer, at start: Int) -> Bool {
        guard start >= 0, count - start >= text.count else { return false }
        guard let base = baseAddress, let other = text.baseAddress else { return text.isEmpty }
        return memcmp(base + start, other, text.count) == 0
    }

    func has(_ text: StaticString, at start: Int) -> Bool { has(text.bytes, at: start) }

    func contains(_ text: StaticString) -> Bool {
        var start = 0
        while let found = index(of: text.utf8Start[0], from: start) {
            if has(text, at: found) { return true }
            start = found + 1
        }
        return false
    }

    func isEqual(to text: StaticString) -> Bool { count == text.utf8CodeUnitCount && has(text, at: 0) }

    /// Whether these bytes stand before `other` in the order of bytes, in which S3 sorts.
    func isBefore(_ other: UnsafeRawBufferPointer) -> Bool {
        guard let base = baseAddress, let otherBase = other.baseAddress else { return isEmpty && !other.isEmpty }
        let order = memcmp(base, otherBase, Swift.min(count, other.count))
        return order == 0 ? count < other.count : order < 0
    }
}

extension StaticString {
    fileprivate var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
