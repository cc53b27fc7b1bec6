import Bytes

/// String members of a small JSON object: error answers and credentials.
enum FlatJSON {
    /// The value of the first member `name` that is a string, at whatever depth; `nil` where there is none.
    static func string(_ name: String, in text: String) -> String? {
        var rest = text.utf8[...]
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            guard let (found, after) = literal(rest[quote...]) else { return nil }
            rest = skipSpace(after)
            guard found == name, rest.first == UInt8(ascii: ":") else { continue }
            rest = skipSpace(rest.dropFirst())
            if rest.first == UInt8(ascii: "\"") { return literal(rest)?.value }
        }
        return nil
    }

    private static func skipSpace(_ text: Substring.UTF8View) -> Substring.UTF8View { text.drop { $0 <= 0x20 } }

    /// Reads the string literal (RFC 8259 § 7) that `text` starts with.
    private static func literal(_ text: Substring.UTF8View) -> (value: String, after: Substring.UTF8View)? {
        let buffer = ByteBuffer()
        var surrogate: UInt32 = 0
        var rest = text.dropFirst()
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "\""): return (buffer.text, rest)
            case UInt8(ascii: "\\"):
                guard let escape = rest.first else { return nil }
                rest = rest.dropFirst()
                guard escape == UInt8(ascii: "u") else {
                    buffer.append(plain(escape))
                    continue
                }
                guard let unit = UInt32(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else { return nil }
                rest = rest.dropFirst(4)
                if unit >> 10 == 0x36 {
                    surrogate = unit
                } else {
                    let scalar = unit >> 10 == 0x37 ? 0x10000 + (surrogate & 0x3ff) << 10 + unit & 0x3ff : unit
                    buffer.append(String(Character(Unicode.Scalar(scalar) ?? "\u{fffd}")))
                }
            default: buffer.append(byte)
            }
        }
        return nil
    }

    private static func plain(_ escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        default: escape
        }
    }
}
