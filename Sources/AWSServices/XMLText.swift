import Bytes

/// The text between `<Name>` and `</Name>`: all that S3's flat answers ask for. It knows no attributes, comments or
/// CDATA, none of which S3 writes; broken XML gives less, never a crash.
enum XMLText {
    static func first(_ name: String, in text: String) -> String? {
        var found: String?
        each(name, in: text.utf8[...]) { content in
            found = unescaped(content)
            return false
        }
        return found
    }

    /// Hands over the raw content of each element `name` that is not inside another of that name, until `body`
    /// says false.
    static func each(_ name: String, in text: Substring.UTF8View, _ body: (Substring.UTF8View) -> Bool) {
        let opening = Array("<\(name)>".utf8)
        let closing = Array("</\(name)>".utf8)
        var rest = text
        while let start = end(of: opening, in: rest), let (content, after) = split(rest[start...], at: closing) {
            guard body(content) else { return }
            rest = rest[after...]
        }
    }

    private static func end(of tag: [UInt8], in text: Substring.UTF8View) -> String.Index? {
        split(text, at: tag)?.after
    }

    private static func split(
        _ text: Substring.UTF8View, at tag: [UInt8]
    ) -> (before: Substring.UTF8View, after: String.Index)? {
        var rest = text
        while let start = rest.firstIndex(of: tag[0]) {
            rest = rest[start...]
            if rest.starts(with: tag) { return (text[..<start], rest.index(start, offsetBy: tag.count)) }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// Resolves the five named entities and numeric references (XML 1.0 § 4.1); others stay as they are.
    static func unescaped(_ content: Substring.UTF8View) -> String {
        let buffer = ByteBuffer(capacity: content.count)
        var rest = content
        while let byte = rest.first {
            if byte == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let character = entity(String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self))
            {
                buffer.append(String(character))
                rest = rest[rest.index(after: end)...]
            } else {
                buffer.append(byte)
                rest = rest.dropFirst()
            }
        }
        return buffer.text
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
