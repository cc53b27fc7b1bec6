import Bytes
import Compression

/// Rows as JSON Lines: one JSON object per line, packed with gzip or as they are.
package final class JSONLines: ObjectFormat {
    let suffix: String
    let contentType: String
    private let compressor: GzipCompressor?
    private let buffers: BufferPool

    /// The endings of all its objects, under any settings. Athena recognises gzip by its ending.
    package static let suffixes = [plainSuffix, gzipSuffix]
    private static let plainSuffix = ".json"
    private static let gzipSuffix = ".json.gz"

    /// Of an object, unpacked, in bytes. A batch brings 6 MB of base64, so none of ours comes near.
    private static let maximumLength = 256 << 20

    /// There is no Content-Encoding: Athena and Spark go by the ending, and a client that unpacks on its own as well
    /// would unpack twice.
    init(_ compression: IngestionConfiguration.BodyCompression, _ buffers: BufferPool) throws(GzipError) {
        self.buffers = buffers
        switch compression {
        case .gzip:
            compressor = try GzipCompressor()
            suffix = Self.gzipSuffix
            contentType = "application/gzip"
        case .none:
            compressor = nil
            suffix = Self.plainSuffix
            contentType = "application/x-ndjson"
        }
    }

    /// Packed, or the draft's own body where that is all of it.
    func body(of draft: ObjectDraft, _ records: Range<Int>) throws -> ByteBuffer {
        if compressor == nil, records == draft.records.indices { return draft.body }
        // A buffer for each object, since several are sent at the same time.
        let body = buffers.get()
        if let compressor {
            try compressor.compress(draft.lines(records), into: body)
        } else {
            body.append(draft.lines(records))
        }
        return body
    }

    func holds(_ records: Range<Int>, of draft: ObjectDraft, in stored: ByteBuffer, key: String) throws -> Bool {
        let lines = try Self.lines(of: stored, key: key)
        return draft.lines(records, areAmong: lines.bytes)
    }

    /// The lines of an object, unpacked where its key says that they are packed.
    package static func lines(of stored: ByteBuffer, key: String) throws(GzipError) -> ByteBuffer {
        guard key.hasSuffix(".gz") else { return stored }
        let lines = ByteBuffer()
        try Gzip.decompress(stored.bytes, into: lines, limit: maximumLength)
        return lines
    }
}
