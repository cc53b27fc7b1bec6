import Bytes
import Compression

/// Turns lines into the bytes that are stored.
final class ObjectBodies {
    /// What keys end with.
    let suffix: String
    private let compressor: GzipCompressor?

    var isGzip: Bool { compressor != nil }

    private let buffers: BufferPool

    init(_ configuration: IngestionConfiguration, _ buffers: BufferPool) throws {
        self.buffers = buffers
        suffix = configuration.layout.suffix
        compressor = configuration.compression == .gzip ? try GzipCompressor() : nil
    }

    /// A buffer of its own for each object, since several are sent at the same time.
    func body(of lines: UnsafeRawBufferPointer) throws(GzipError) -> ByteBuffer {
        let body = buffers.take()
        if let compressor { try compressor.compress(lines, into: body) } else { body.append(lines) }
        return body
    }

    /// To be called when the store is done with a body.
    func giveBack(_ body: ByteBuffer) { buffers.giveBack(body) }
}
