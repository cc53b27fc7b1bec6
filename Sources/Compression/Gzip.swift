import Bytes
import CDeflate

/// Unpacks what `GzipCompressor` packed. With libdeflate: the ISA-L that Debian has refuses some valid members on
/// arm64 (issue 316 of intel/isa-l), and speed does not matter here, since objects are hardly ever read back.
package enum Gzip {
    /// Appends the contents of one gzip member (RFC 1952).
    ///
    /// - Parameter limit: the longest contents that are unpacked, in bytes, up to 4 GiB.
    /// - Throws: `GzipError.tooLong` where there is more in the member, before anything is unpacked;
    ///   `GzipError.notGzip` where `bytes` are none, are damaged or longer than they claim to be;
    ///   `GzipError.outOfMemory`.
    package static func decompress(
        _ bytes: UnsafeRawBufferPointer, into buffer: ByteBuffer, limit: Int = 64 << 20
    ) throws(GzipError) {
        // The last four bytes of a member are its length.
        guard bytes.count >= 18, let start = bytes.baseAddress else { throw .notGzip }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)))
        // Deflate's longest match, 258 bytes, takes two bits at least: a greater claim is damage.
        guard length <= bytes.count * 1032 else { throw .notGzip }
        guard length <= limit else { throw .tooLong(limit: limit) }
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
