import Bytes

/// URI encoding as Signature Version 4 defines it: every byte but `A-Z a-z 0-9 - . _ ~` becomes `%XX` with
/// upper-case digits. Other encoders differ in a few characters (`+`, `*`, `'`), which is enough for a refusal.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
package enum PercentEncoding {
    /// Appends `text` encoded; with `keepingSlash`, as for an object key, `/` stays as it is.
    package static func append(_ text: String, keepingSlash: Bool = false, to buffer: ByteBuffer) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let plain = rest.prefix { isUnreserved($0) || keepingSlash && $0 == UInt8(ascii: "/") }
                buffer.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: plain)))
                rest = rest[plain.endIndex...]
                if let byte = rest.popFirst() { appendEscape(byte, to: buffer) }
            }
        }
    }

    /// Whether encoding `text` changes nothing, as with nearly all that is encoded here.
    static func isPlain(_ text: String, keepingSlash: Bool = false) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for byte in bytes where !isUnreserved(byte) && !(keepingSlash && byte == UInt8(ascii: "/")) { return false }
            return true
        }
    }

    package static func appendEscape(_ byte: UInt8, to buffer: ByteBuffer) {
        buffer.append(percentEscape: byte)
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
