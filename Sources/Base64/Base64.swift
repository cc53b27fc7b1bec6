import Bytes
import CVector

/// Base64 with the standard alphabet and padding (RFC 4648 section 4), as Kafka events carry keys and values.
@usableFromInline package enum Base64 {
    /// Appends the bytes that `text` stands for.
    ///
    /// White space, the URL-safe alphabet and missing padding are not base64 here. Bits left over in the last
    /// character are accepted, as the usual decoders do.
    ///
    /// - Parameter text: lies in another buffer than `buffer`.
    /// - Returns: false when `text` is not base64; `buffer` then holds what it held before.
    @inlinable package static func decode(
        _ text: PaddedBytes, appendingTo buffer: ByteBuffer
    ) -> Bool {
        guard !text.isEmpty else { return true }
        var valid = true
        buffer.appendUninitialized(atMost: text.count / 4 * 3 + Int(CV_BASE64_ROOM)) { out in
            let written = cv_base64_decode(text.start, text.count, out)
            valid = written >= 0
            return max(written, 0)
        }
        return valid
    }

    /// Appends `bytes` in base64, padded, without line breaks.
    package static func encode(_ bytes: UnsafeRawBufferPointer, appendingTo buffer: ByteBuffer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        buffer.appendUninitialized(atMost: (bytes.count + 2) / 3 * 4) { out in
            cv_base64_encode(start, bytes.count, out)
        }
    }
}
