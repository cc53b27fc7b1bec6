import Bytes

extension JSONString {
    /// Appends the string that is meant: escapes resolved, the rest as it stands. An escaped surrogate without its
    /// other half becomes U+FFFD, since UTF-8 cannot hold it.
    package func append(to buffer: ByteBuffer) {
        guard hasEscapes else { return buffer.append(raw.bytes) }
        buffer.reserve(raw.count)
        var at = 0
        while at < raw.count {
            guard raw[at] == UInt8(ascii: "\\") else {
                buffer.append(raw[at])
                at += 1
                continue
            }
            let escape = raw[at + 1]
            at += 2
            switch escape {
            case UInt8(ascii: "b"): buffer.append(0x08)
            case UInt8(ascii: "f"): buffer.append(0x0C)
            case UInt8(ascii: "n"): buffer.append(0x0A)
            case UInt8(ascii: "r"): buffer.append(0x0D)
            case UInt8(ascii: "t"): buffer.append(0x09)
            case UInt8(ascii: "u"):
                let scalar = unicodeScalar(at: &at)
                UTF8.encode(scalar)?.forEach { buffer.append($0) }
            default: buffer.append(escape)
            }
        }
    }

    /// The string as a Swift one; what is not UTF-8 is replaced.
    package var text: String {
        guard hasEscapes else { return String(decoding: raw.bytes, as: UTF8.self) }
        let buffer = ByteBuffer(capacity: raw.count)
        append(to: buffer)
        return buffer.text
    }

    /// Reads the digits after `\u` at `at`, and the low half of a surrogate pair where one follows.
    private func unicodeScalar(at: inout Int) -> Unicode.Scalar {
        let high = codeUnit(at)
        at += 4
        if UTF16.isLeadSurrogate(high), at + 6 <= raw.count, raw[at] == UInt8(ascii: "\\"),
            raw[at + 1] == UInt8(ascii: "u")
        {
            let low = codeUnit(at + 2)
            if UTF16.isTrailSurrogate(low) {
                at += 6
                let pair = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
                return Unicode.Scalar(pair) ?? "\u{FFFD}"
            }
        }
        return Unicode.Scalar(high) ?? "\u{FFFD}"
    }

    private func codeUnit(_ at: Int) -> UInt16 {
        (0..<4).reduce(0) { $0 << 4 | UInt16(hexValue(raw[at + $1]) ?? 0) }
    }
}
