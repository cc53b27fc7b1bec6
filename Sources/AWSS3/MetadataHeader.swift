import AWSSigning
import Bytes

/// One `x-amz-meta-…` header. Its value travels as printable ASCII: S3 garbles anything else, a blank at an end gets
/// lost, and a line break would smuggle in a header.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
struct MetadataHeader {
    static let prefix = "x-amz-meta-"
    var name: String
    var value: String

    /// `nil` for any other header.
    init?(_ header: (name: String, value: String)) {
        let lowered = header.name.lowercased()
        guard lowered.hasPrefix(Self.prefix) else { return nil }
        name = String(lowered.dropFirst(Self.prefix.count))
        value = PercentEncoding.decoded(header.value)
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
