import Bytes

extension PercentEncoding {
    /// Resolves `%XX`, and `+` as a space where the text was encoded as a form; what is not an escape stays as it is.
    package static func decode(_ text: UnsafeRawBufferPointer, to buffer: ByteBuffer, isForm: Bool = false) {
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

    /// The text with each `%XX` resolved; what is not UTF-8 then is replaced.
    package static func decoded(_ text: String) -> String {
        var text = text
        let buffer = ByteBuffer(capacity: text.utf8.count)
        text.withUTF8 { decode(UnsafeRawBufferPointer($0), to: buffer) }
        return buffer.text
    }
}
