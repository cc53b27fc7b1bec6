import Bytes
import CIsal

/// Unpacks what `GzipCompressor` packed.
public enum Gzip {
    /// Larger contents are refused, in bytes. A batch holds 6 MB of base64, so no object of ours comes near.
    public static let greatestLength = 64 << 20

    /// Appends the contents of one gzip member (RFC 1952).
    ///
    /// - Throws: `GzipError.notGzip` where `bytes` are none, are damaged or claim to be longer than `greatestLength`;
    ///   `GzipError.outOfMemory`.
    public static func decompress(_ bytes: UnsafeRawBufferPointer, into buffer: ByteBuffer) throws(GzipError) {
        // The last four bytes of a member are its length.
        guard bytes.count >= 18, let start = bytes.baseAddress else { throw .notGzip }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)))
        guard length <= greatestLength, let count = UInt32(exactly: bytes.count) else { throw .notGzip }
        var written: Int64 = 0
        // A byte more than is said to come shows whether more does come.
        buffer.appendUninitialized(atMost: length + 1) { out in
            written = cisal_decompress(start, count, out, UInt32(length + 1))
            return written == length ? length : 0
        }
        guard written != -2 else { throw .outOfMemory }
        guard written == length else { throw .notGzip }
    }
}
