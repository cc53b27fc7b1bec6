import Bytes
import Compression

/// Turns lines into the bytes that are stored.
final class ObjectBodies {
    /// What keys end with.
    let suffix: String
    private let compressor: GzipCompressor?

    var isGzip: Bool { compressor != nil }

    init(_ configuration: IngestionConfiguration) throws {
        suffix = configuration.layout.suffix
        compressor = configuration.compression == .gzip ? try GzipCompressor(level: 1) : nil
    }

    /// A buffer of its own for each object, since several are sent at the same time.
    func body(of lines: UnsafeRawBufferPointer) throws(GzipError) -> ByteBuffer {
        let body = ByteBuffer(capacity: compressor == nil ? lines.count : lines.count / 4)
        if let compressor { try compressor.compress(lines, into: body) } else { body.append(lines) }
        return body
    }
}
