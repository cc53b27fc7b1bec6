import Bytes
import CDeflate

/// Unpacks what `GzipCompressor` packed. With libdeflate: the ISA-L that Debian has refuses some valid members on
/// arm64 (issue 316 of intel/isa-l), and speed is no matter here, since objects are hardly ever read back.
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
        guard length <= greatestLength else { throw .notGzip }
        guard let decompressor = libdeflate_alloc_decompressor() else { throw .outOfMemory }
        defer { libdeflate_free_decompressor(decompressor) }
        var result = LIBDEFLATE_SUCCESS
        buffer.appendUninitialized(atMost: length) { out in
            var written = 0
            result = libdeflate_gzip_decompress(decompressor, start, bytes.count, out, length, &written)
            return result == LIBDEFLATE_SUCCESS ? written : 0
        }
        guard result == LIBDEFLATE_SUCCESS else { throw .notGzip }
    }
}
