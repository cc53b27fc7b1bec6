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
        value = percentDecoded(header.value.utf8[...])
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
func percentDecoded(_ text: Substring.UTF8View, isForm: Bool = false) -> String {
    let buffer = ByteBuffer(capacity: text.count)
    var rest = text
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), let high = hexValue(rest.first), let low = hexValue(rest.dropFirst().first) {
            buffer.append(high << 4 | low)
            rest = rest.dropFirst(2)
        } else {
            buffer.append(isForm && byte == UInt8(ascii: "+") ? 0x20 : byte)
        }
    }
    return buffer.text
}

private func hexValue(_ digit: UInt8?) -> UInt8? {
    switch digit {
    case .some(let digit) where (48...57).contains(digit): digit - 48
    case .some(let digit) where (65...70).contains(digit & 0xdf): (digit & 0xdf) - 55
    default: nil
    }
}
