import Bytes
import Compression

@testable import Ingestion

/// What `ObjectStore.metadata(of:)` answers.
typealias MetadataAnswer = StoredMetadata

/// A bucket that behaves as S3 does: a key is created once, reads and lists see every write at once, and a request
/// whose sender has died may still be carried out, any time later. It holds a hundred thousand objects with ease.
final class ModelBucket {
    struct Object {
        var lines: [String]
        var metadata: ObjectMetadata
        /// Of the records, as the lines have them.
        var ids: [Int64]
        /// Whether the object still has its metadata: a copy made without a thought has not.
        var isReadable = true

        init(lines: [String], metadata: ObjectMetadata) {
            self.lines = lines
            self.metadata = metadata
            ids = lines.compactMap(modelID)
        }
    }

    private(set) var objects: [String: Object] = [:]
    /// Of folders for which the crawler was started.
    private var markers: Set<String> = []
    /// In the order in which S3 lists them.
    private(set) var sortedKeys: [String] = []
    /// How many objects hold a record.
    private(set) var copies: [Int64: Int] = [:]
    /// Writes of dead sandboxes that are still under way.
    private(set) var underWay: [(key: String, object: Object)] = []

    func create(_ key: String, _ object: Object) -> CreateOutcome {
        if objects[key] != nil { return .alreadyExists }
        objects[key] = object
        sortedKeys.insert(key, at: firstIndex { !($0 < key) })
        for id in object.ids { copies[id, default: 0] += 1 }
        return .created
    }

    func createMarker(_ key: String) -> CreateOutcome {
        guard markers.insert(key).inserted else { return .alreadyExists }
        sortedKeys.insert(key, at: firstIndex { !($0 < key) })
        return .created
    }

    func keys(with prefix: String, after start: String?, limit: Int) -> KeyPage {
        let from = firstIndex { key in key >= prefix && start.map { key > $0 } ?? true }
        let page = sortedKeys[from...].prefix(limit).prefix { $0.hasPrefix(prefix) }
        let next = page.endIndex < sortedKeys.endIndex ? sortedKeys[page.endIndex] : nil
        return KeyPage(keys: Array(page), isTruncated: next?.hasPrefix(prefix) ?? false)
    }

    /// All keys are ASCII, of which Swift's order is that of the bytes.
    private func firstIndex(where holds: (String) -> Bool) -> Int {
        sortedKeys.partitionPoint(where: holds)
    }

    // MARK: Answers as the store gives them

    /// What an object that has lost its metadata says of itself is what a foreign one says: nothing that is ours.
    func metadata(of key: String) -> MetadataAnswer {
        guard let object = objects[key] else { return markers.contains(key) ? .unreadable : .absent }
        return ObjectMetadata(object.isReadable ? object.metadata.pairs : []).map { .known($0) } ?? .unreadable
    }

    func contents(of key: String) -> ByteBuffer? {
        guard let object = objects[key] else { return nil }
        let contents = ByteBuffer()
        for line in object.lines { contents.append(line + "\n") }
        guard key.hasSuffix(".gz") else { return contents }
        let packed = ByteBuffer()
        try? GzipCompressor().compress(contents.bytes, into: packed)
        return packed
    }

    // MARK: What happens to it

    /// Takes one object's metadata away.
    func loseMetadata(using random: inout some RandomNumberGenerator) -> String? {
        guard let key = sortedKeys.randomElement(using: &random) else { return nil }
        loseMetadata(of: key)
        return key
    }

    func loseMetadata(of key: String) { objects[key]?.isReadable = false }

    func restoreMetadata() {
        for key in sortedKeys { objects[key]?.isReadable = true }
    }

    func leaveUnderWay(_ key: String, _ object: Object) { underWay.append((key, object)) }

    /// Lets one of the writes that are under way arrive.
    func land(using random: inout some RandomNumberGenerator) {
        guard let index = underWay.indices.randomElement(using: &random) else { return }
        let (key, object) = underWay.remove(at: index)
        _ = create(key, object)
    }

    /// Lets those of which it is true arrive.
    func landAll(where isDue: (_ key: String, Object) -> Bool = { _, _ in true }) {
        let due = underWay.filter { isDue($0.key, $0.object) }
        underWay.removeAll { isDue($0.key, $0.object) }
        for (key, object) in due { _ = create(key, object) }
    }
}

/// What is stored when a body is put: its lines. Empty where it is not what its key says: then the records are missing,
/// which every test here finds.
func modelObject(_ key: String, _ body: ByteBuffer, _ metadata: ObjectMetadata) -> ModelBucket.Object {
    let lines = try? JSONLines.lines(of: body, key: key)
    return ModelBucket.Object(lines: (lines?.text ?? "").split(separator: "\n").map(String.init), metadata: metadata)
}

/// Xorshift: the same seed gives the same history on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
