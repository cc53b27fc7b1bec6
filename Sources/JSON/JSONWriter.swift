import Bytes

/// JSON text, written piece by piece (RFC 8259).
package enum JSONWriter {
    /// Appends `text` as a JSON string, in quotes. Only what must be escaped is: `"`, `\` and U+0000–U+001F.
    package static func appendString(_ text: String, to buffer: ByteBuffer) {
        var text = text
        text.withUTF8 { appendValid(UnsafeRawBufferPointer($0), to: buffer) }
    }

    /// Appends bytes as a JSON string, in quotes; what is not UTF-8 becomes U+FFFD, as a JSON text cannot hold it.
    package static func appendString(_ utf8: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard (try? UTF8Span(validating: utf8.bindMemory(to: UInt8.self).span)) != nil else {
            return appendString(String(decoding: utf8, as: UTF8.self), to: buffer)
        }
        appendValid(utf8, to: buffer)
    }

    private static func appendValid(_ utf8: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        buffer.reserve(utf8.count + 2)
        buffer.append(UInt8(ascii: "\""))
        var start = 0
        for (at, byte) in utf8.enumerated()
        where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            buffer.append(UnsafeRawBufferPointer(rebasing: utf8[start..<at]))
            appendEscaped(byte, to: buffer)
            start = at + 1
        }
        buffer.append(UnsafeRawBufferPointer(rebasing: utf8[start...]))
        buffer.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ byte: UInt8, to buffer: ByteBuffer) {
        buffer.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): buffer.append(byte)
        case 0x08: buffer.append(UInt8(ascii: "b"))
        case 0x09: buffer.append(UInt8(ascii: "t"))
        case 0x0a: buffer.append(UInt8(ascii: "n"))
        case 0x0c: buffer.append(UInt8(ascii: "f"))
        case 0x0d: buffer.append(UInt8(ascii: "r"))
        default:
            buffer.append("u00")
            for digit in [byte >> 4, byte & 15] { buffer.append(digit < 10 ? digit + 48 : digit + 87) }
        }
    }
}
