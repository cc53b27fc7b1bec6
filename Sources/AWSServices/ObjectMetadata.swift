import AWSSigning
import Bytes

/// One `x-amz-meta-…` header. Its value travels as printable ASCII: S3 garbles anything else, a blank at an end gets
/// lost, and a line break would smuggle in a header.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
struct ObjectMetadata {
    static let prefix = "x-amz-meta-"
    var name: String
    var value: String

    /// `nil` for any other header.
    init?(_ header: (name: String, value: String)) {
        let lowered = header.name.lowercased()
        guard lowered.hasPrefix(Self.prefix) else { return nil }
        name = String(lowered.dropFirst(Self.prefix.count))
        value = percentDecoded(header.value)
    }

    static func encoded(_ value: String) -> String {
        guard !value.utf8.allSatisfy(isPlain) else { return value }
        let buffer = ByteBuffer(capacity: value.utf8.count)
        for byte in value.utf8 {
            if isPlain(byte) {
                buffer.append(byte)
            } else {
                PercentEncoding.appendEscape(byte, to: buffer)
            }
        }
        return buffer.text
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "%") }
}

/// Resolves `%XX`, and `+` as a blank where the text was encoded as a form; what is no escape stays as it is.
func appendPercentDecoded(_ text: UnsafeRawBufferPointer, to buffer: ByteBuffer, isForm: Bool = false) {
    var at = 0
    buffer.appendUninitialized(atMost: text.count) { room in
        var written = 0
        while at < text.count {
            var byte = text[at]
            if byte == UInt8(ascii: "%"), at + 2 < text.count, let high = hexValue(text[at + 1]),
                let low = hexValue(text[at + 2])
            {
                byte = high << 4 | low
                at += 2
            } else if isForm, byte == UInt8(ascii: "+") {
                byte = 0x20
            }
            room[written] = byte
            written += 1
            at += 1
        }
        return written
    }
}

func percentDecoded(_ text: String) -> String {
    var text = text
    let buffer = ByteBuffer(capacity: text.utf8.count)
    text.withUTF8 { appendPercentDecoded(UnsafeRawBufferPointer($0), to: buffer) }
    return buffer.text
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70, 97...102: (digit & 0xdf) - 55
    default: nil
    }
}
