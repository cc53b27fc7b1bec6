import Bytes

/// What an object is made of. A format knows the ending of its keys, its content type and compression, how rows become
/// a body, and how the bytes of a stored object are compared with rows. It is asked once per object, never per record.
protocol ObjectFormat: AnyObject {
    /// What the keys of new objects end with, its dot included.
    var suffix: String { get }
    var contentType: String { get }

    /// The bytes that hold a run of the draft's records: the draft's own body, or a buffer from the pool.
    func body(of draft: ObjectDraft, _ records: Range<Int>) throws -> ByteBuffer

    /// Whether an object holds each of these records of the draft, in this order; others may be between them.
    /// - Parameters:
    ///   - stored: the object's bytes.
    ///   - key: the object's. It may have been written under other settings, with another ending.
    func holds(_ records: Range<Int>, of draft: ObjectDraft, in stored: ByteBuffer, key: String) throws -> Bool
}

/// The formats of the function's objects.
package struct ObjectFormats {
    let buffers: BufferPool
    private let rows: any ObjectFormat
    private let errors: any ObjectFormat

    /// - Throws: `GzipError` if there is no memory for the compressor.
    package init(_ configuration: IngestionConfiguration, _ buffers: BufferPool = BufferPool()) throws {
        self.buffers = buffers
        let lines = try JSONLines(configuration.compression, buffers)
        rows = lines
        // Quarantined records may hold anything; a line says so of each, whatever rows are stored as.
        errors = lines
    }

    subscript(content: ObjectContent) -> any ObjectFormat { content == .rows ? rows : errors }

    /// To be called when the store is done with a body.
    func recycle(_ body: ByteBuffer, of draft: ObjectDraft) {
        if body !== draft.body { buffers.recycle(body) }
    }
}
