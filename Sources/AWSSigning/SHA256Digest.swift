import Bytes
import CCrypto

/// A SHA-256 digest (FIPS 180-4), computed by libcrypto, which uses the processor's own SHA instructions.
@usableFromInline package struct SHA256Digest: Sendable, Hashable {
    @usableFromInline var storage = SIMD4<UInt64>()

    init() {}

    package init(of bytes: UnsafeRawBufferPointer) {
        var context = SHA256_CTX()
        SHA256_Init(&context)
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
        withUnsafeMutableBytes(of: &storage) { digest in
            // None of the three can fail: they return 1 for any argument.
            _ = SHA256_Final(digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
    }

    package init(of text: String) {
        var text = text
        self = text.withUTF8 { SHA256Digest(of: UnsafeRawBufferPointer($0)) }
    }

    /// The digest of nothing, which a request without a body is signed with.
    package static let empty = SHA256Digest(of: UnsafeRawBufferPointer(start: nil, count: 0))

    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    @inlinable package func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeBytes(of: storage, body)
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        String(unsafeUninitializedCapacity: 64) { text in text.baseAddress.map(writeHex) ?? 0 }
    }

    func appendHex(to buffer: ByteBuffer) {
        buffer.appendUninitialized(atMost: 64, writeHex)
    }

    private func writeHex(to text: UnsafeMutablePointer<UInt8>) -> Int {
        withUnsafeBytes { bytes in
            for (index, byte) in bytes.enumerated() {
                text[2 * index] = hexDigit(byte >> 4)
                text[2 * index + 1] = hexDigit(byte & 15)
            }
            return 2 * bytes.count
        }
    }
}
