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

    /// The body that holds a run of the draft's lines: packed, or the draft's own where it is all of them.
    func body(of draft: ObjectDraft, _ range: Range<Int>) throws(GzipError) -> ByteBuffer {
        if compressor == nil, range == draft.records.indices { return draft.body }
        // A buffer for each object, since several are sent at the same time.
        let body = buffers.take()
        if let compressor {
            try compressor.compress(draft.lines(range), into: body)
        } else {
            body.append(draft.lines(range))
        }
        return body
    }

    /// To be called when the store is done with a body.
    func giveBack(_ body: ByteBuffer, of draft: ObjectDraft) {
        if body !== draft.body { buffers.giveBack(body) }
    }
}
