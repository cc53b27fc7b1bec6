import Bytes

/// Elements in the responses of AWS's XML services, found by their tags. It knows no CDATA, no comment with a `>` in it
/// and no element within another of its name, none of which S3 writes; broken XML gives less, never a crash.
///
/// The bytes must stay where they are while anything of this is used.
package enum XMLText {
    /// The text of the first element `name` without attributes, at whatever depth; `nil` where there is none.
    package static func first(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> String? {
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
    package static func content(
        ofRoot name: StaticString, in bytes: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var elements = XMLElements(bytes)
        guard elements.skipToTag(), bytes.has(name, at: elements.at + 1),
            let opened = bytes.index(of: UInt8(ascii: ">"), from: elements.at),
            opened == elements.at + 1 + name.utf8CodeUnitCount
                || bytes[elements.at + 1 + name.utf8CodeUnitCount] <= 0x20
        else { return nil }
        var end = bytes.count
        while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
        let closing = end - name.utf8CodeUnitCount - 3
        guard closing > opened, bytes.has("</", at: closing), bytes.has(name, at: closing + 2),
            bytes.has(">", at: end - 1)
        else { return nil }
        return bytes.part(opened + 1..<closing)
    }

    /// Where `</name>` begins.
    static func closingTag(
        _ name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer, from start: Int
    ) -> Int? {
        var at = start
        while let tag = bytes.index(of: UInt8(ascii: "<"), from: at) {
            at = tag + 1
            if bytes.has("/", at: at), bytes.has(name, at: at + 1), bytes.has(">", at: at + 1 + name.count) {
                return tag
            }
        }
        return nil
    }

    /// Resolves the five named entities and numeric references (XML 1.0 § 4.1); others stay as they are.
    package static func appendUnescaped(_ content: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var at = 0
        while let mark = content.index(of: UInt8(ascii: "&"), from: at) {
            buffer.append(content.part(at..<mark))
            let end = content.index(of: UInt8(ascii: ";"), from: mark)
            if let end, end - mark < 12,
                let character = entity(String(decoding: content[(mark + 1)..<end], as: UTF8.self))
            {
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
