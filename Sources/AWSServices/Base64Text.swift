import Bytes

/// Base64 (RFC 4648 § 4) of a digest. To be replaced by the Base64 room's encoder.
func base64(_ bytes: UnsafeRawBufferPointer) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let buffer = ByteBuffer(capacity: 48)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
        for place in 0..<4 {
            let isPadding = start + place > bytes.count
            buffer.append(isPadding ? UInt8(ascii: "=") : alphabet[group >> (18 - 6 * place) & 63])
        }
    }
    return buffer.text
}
