import Bytes
import CCrypto

/// A SHA-256 digest (FIPS 180-4), computed by libcrypto, which uses the processor's own SHA instructions.
public struct SHA256Digest: Sendable, Hashable {
    private var storage: SIMD32<UInt8>

    public init(of bytes: UnsafeRawBufferPointer) {
        storage = SIMD32()
        withUnsafeMutableBytes(of: &storage) { digest in
            // Fails where libcrypto has no memory or no SHA-256 at all. Going on would sign nonsense.
            let done = EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, Algorithm.sha256, nil)
            precondition(done == 1, "libcrypto gives no SHA-256")
        }
    }

    public init(of text: String) {
        var text = text
        self = text.withUTF8 { SHA256Digest(of: UnsafeRawBufferPointer($0)) }
    }

    /// The digest of nothing, which a request without a body is signed with.
    public static let empty = SHA256Digest(of: UnsafeRawBufferPointer(start: nil, count: 0))

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    public func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeBytes(of: storage, body)
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        String(unsafeUninitializedCapacity: 64) { text in
            text.baseAddress.map(writeHex) ?? 0
        }
    }

    func appendHex(to buffer: ByteBuffer) {
        buffer.appendUninitialized(atMost: 64, writeHex)
    }

    private func writeHex(to text: UnsafeMutablePointer<UInt8>) -> Int {
        for index in 0..<32 {
            text[2 * index] = hexDigit(storage[index] >> 4)
            text[2 * index + 1] = hexDigit(storage[index] & 15)
        }
        return 64
    }
}

private func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

private enum Algorithm {
    /// Fetched once: looking an algorithm up by name takes longer than hashing a short text.
    /// Safe to share: libcrypto counts references atomically and never changes a fetched algorithm
    /// (EVP_MD_fetch(3)); this one lives as long as the process.
    nonisolated(unsafe) static let sha256: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)
}
