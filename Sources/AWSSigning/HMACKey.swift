import Bytes

/// A key for HMAC-SHA-256 (RFC 2104): H(outer pad ‖ H(inner pad ‖ message)), with the pads made once.
///
/// libcrypto's `HMAC()` looks the algorithm up by its name and sets up a context on every call, which costs more
/// than the hashing of a text as short as the one that is signed for each request.
final class HMACKey {
    private let inner: ByteBuffer
    private let outer: ByteBuffer

    /// SHA-256's block, in bytes; a longer key is hashed first.
    private static let block = 64

    init(_ key: UnsafeRawBufferPointer) {
        inner = ByteBuffer(capacity: 512)
        outer = ByteBuffer(capacity: Self.block + 32)
        if key.count > Self.block {
            SHA256Digest(of: key).withUnsafeBytes { inner.append($0) }
        } else {
            inner.append(key)
        }
        while inner.count < Self.block { inner.append(0) }
        for index in 0..<Self.block {
            outer.append(inner.base[index] ^ 0x5c)
            inner.base[index] ^= 0x36
        }
    }

    convenience init(_ key: String) {
        let bytes = ByteBuffer(capacity: key.utf8.count)
        bytes.append(key)
        self.init(bytes.bytes)
        withExtendedLifetime(bytes) {}
    }

    convenience init(_ key: SHA256Digest) {
        let bytes = ByteBuffer(capacity: 32)
        key.withUnsafeBytes { bytes.append($0) }
        self.init(bytes.bytes)
        withExtendedLifetime(bytes) {}
    }

    /// - Parameter message: appended by it, so that it need not be copied.
    func authenticate(_ appendMessage: (ByteBuffer) -> Void) -> SHA256Digest {
        defer {
            inner.truncate(to: Self.block)
            outer.truncate(to: Self.block)
        }
        appendMessage(inner)
        SHA256Digest(of: inner.bytes).withUnsafeBytes { outer.append($0) }
        return SHA256Digest(of: outer.bytes)
    }

    func authenticate(_ message: String) -> SHA256Digest { authenticate { $0.append(message) } }
}
