import Bytes

/// Stores the lines of one draft, each record exactly once, whatever is stored already.
///
/// Why this holds, without a database or a lock:
///
/// - A key is made of the folder, topic, partition and the object's *first* offset, and S3 creates a key at most once
///   (`If-None-Match: *`). Two deliveries that begin with the same record compete for one key, and one of them wins.
/// - The loser reads in the winner's metadata which offsets it covers, skips those and continues with the next record,
///   again under the key of its first offset. Since every delivery continues at the first record that is not stored,
///   all of them name the same keys; the objects of a folder and partition are contiguous and never overlap.
/// - A delivery may begin in the middle of an object, or reach over one that is stored: after a bisection, a group that
///   was moved, a batch that was discarded. So it lists what is around its offsets first (`KeySurvey`) and reads the
///   metadata of what it finds (`Stretch`). An object never spans more than `maximumSpan` offsets, so a listing from
///   there on shows all that can cover the first record. `PartitionMemory` says how much of that a sandbox may omit.
/// - A topic that was deleted and recreated brings other records under known offsets. Timestamps in the metadata,
///   or the lines themselves, tell the two apart; the newcomer's key carries its first record's timestamp as well, and
///   nothing is dropped.
/// - What an object covers is never guessed: where its metadata is lost, the delivery fails and names it.
///
/// Not covered, since S3 has no leases: two deliveries *at the same moment* that begin at different records while none
/// of those between is stored. The README says when that can happen.
final class ObjectPlacement {
    /// One more than the greatest distance between an object's first and last offset: the largest batch of a mapping.
    /// Compacted topics, whose offsets have holes, get more and smaller objects for it.
    static let maximumSpan: Int64 = 10_000

    let draft: ObjectDraft
    let store: any ObjectStore
    private let formats: ObjectFormats
    private let known: FailedBatchMemory
    private let requestID: String?
    private var stretches: [Stretch] = []
    private(set) var failure: StoreFailure?
    private(set) var created: [CreatedObject] = []
    /// The metadata of objects that were found.
    private(set) var read: [(key: String, metadata: ObjectMetadata)] = []
    /// Records that earlier deliveries had stored, or other sandboxes.
    private(set) var alreadyStoredCount = 0
    /// Whether objects of another topic of the same name are among these offsets.
    private(set) var foundDeletedTopic = false
    /// Whether a stored object holds records of this kind beyond the last one of the draft.
    private(set) var reachedBeyond = false
    /// The nearest first offset after the draft's last one under which something is stored, where it was looked for.
    private(set) var seenAhead: Int64?
    /// The first object's body, made while waiting for the listing, which hardly ever shows something that changes it.
    private var prepared: (range: Range<Int>, body: ByteBuffer)?
    private var isStarted = false

    struct CreatedObject {
        var key: String
        var metadata: ObjectMetadata
        var byteCount: Int
    }

    init(
        _ draft: ObjectDraft, _ store: any ObjectStore, _ formats: ObjectFormats, _ known: FailedBatchMemory,
        requestID: String?
    ) {
        self.draft = draft
        self.store = store
        self.formats = formats
        self.known = known
        self.requestID = requestID
    }

    /// Stores the draft among the objects that the listing showed; among none, if there was no listing.
    /// The first requests are submitted; the others follow from their responses, within `store.run()`.
    func start(_ found: Result<KeysFound, StoreFailure>?) {
        isStarted = true
        guard let found else { return place(draft.records.indices, []).start() }
        place(draft.records.indices, among: found)
    }

    /// Makes the first object's body, unless it is too late for that.
    func prepare() {
        guard !isStarted else { return }
        let range = 0..<end(from: 0, atMost: draft.records.count)
        // A failure now happens again when the body is needed, and is reported then.
        prepared = (try? format.body(of: draft, range)).map { (range, $0) }
    }

    private var format: any ObjectFormat { formats[draft.content] }

    /// Whether any of the records is stored, by this delivery or another.
    var hasStored: Bool { !created.isEmpty || alreadyStoredCount > 0 }

    /// The first offset that is not durably stored, once the store has run; `nil` when all are.
    var firstMissingOffset: Int64? {
        guard isStarted else { return draft.records.first?.offset }
        return stretches.compactMap(\.firstMissing).min().map { draft.records[$0].offset }
    }

    /// What is stored around these records.
    /// - Parameter start: an offset at or before the first of them, such that no object that begins before it reaches
    ///   beyond it; `nil` where none is known.
    func keysAround(_ range: Range<Int>, from start: Int64?) -> KeyRange {
        let (first, last) = (draft.records[range.lowerBound].offset, draft.records[range.upperBound - 1].offset)
        let earliest = start ?? max(0, first - Self.maximumSpan + 1)
        // A text sorts before every key that begins with it: an object at that very offset is listed. All of S3's names
        // for an offset, of whatever format, begin with a dot after the digits.
        return KeyRange(
            prefix: draft.keyPrefix, after: draft.keyPrefix + ObjectLayout.digits(earliest),
            through: draft.keyPrefix + ObjectLayout.digits(last) + "/")
    }

    private func place(_ range: Range<Int>, among found: Result<KeysFound, StoreFailure>) {
        switch found {
        case .success(let found):
            if range.upperBound == draft.records.count {
                seenAhead = found.next.map { ObjectName(key: $0, keyPrefix: draft.keyPrefix)?.offset ?? .max } ?? .max
            }
            place(range, found.keys.compactMap { ObjectName(key: $0, keyPrefix: draft.keyPrefix) }).start()
        case .failure(let failure):
            fail(failure)
            _ = place(range, [])
        }
    }

    private func place(_ range: Range<Int>, _ names: [ObjectName]) -> Stretch {
        let stretch = Stretch(self, range, names)
        stretches.append(stretch)
        return stretch
    }
}

// MARK: For the stretches

extension ObjectPlacement {
    func key(_ name: ObjectName) -> String { draft.keyPrefix + name.text }

    /// The name of an object that begins with this record, after `count` others have taken the names before it.
    func name(at record: Int, afterOthers count: Int) -> ObjectName {
        let mark = draft.records[record]
        return ObjectName(
            offset: mark.offset, timestamp: count > 0 ? mark.timestamp : nil, number: count > 1 ? Int64(count) : nil,
            suffix: format.suffix)
    }

    /// Where the object that begins with record `start` ends: before the span gets too long.
    func end(from start: Int, atMost limit: Int) -> Int {
        let (last, overflow) = draft.records[start].offset.addingReportingOverflow(Self.maximumSpan - 1)
        return min(limit, draft.index(after: overflow ? .max : last, from: start))
    }

    /// Writes the records of `range` as one object, unless there is one of that name.
    func create(
        _ name: ObjectName, _ range: Range<Int>,
        _ completion: @escaping (Result<(CreateOutcome, ObjectMetadata, byteCount: Int), StoreFailure>) -> Void
    ) {
        let body: ByteBuffer
        do { body = try self.body(of: range) } catch {
            return completion(.failure(StoreFailure(description: "\(key(name)): \(error)")))
        }
        let metadata = ObjectMetadata(of: draft.records[range], draft.topicPartition, requestID: requestID)
        store.create(key(name), body, contentType: format.contentType, metadata) { [self] result in
            let byteCount = body.count
            formats.recycle(body, of: draft)
            completion(result.map { ($0, metadata, byteCount) })
        }
    }

    private func body(of range: Range<Int>) throws -> ByteBuffer {
        if let prepared, prepared.range == range {
            self.prepared = nil
            return prepared.body
        }
        return try format.body(of: draft, range)
    }

    func noteCreated(_ name: ObjectName, _ metadata: ObjectMetadata, byteCount: Int) {
        created.append(CreatedObject(key: key(name), metadata: metadata, byteCount: byteCount))
    }

    func noteStored(_ count: Int) { alreadyStoredCount += count }

    /// - Parameter last: the last offset that a stored object covers.
    func noteReach(_ last: Int64) {
        reachedBeyond = reachedBeyond || draft.records.last.map { $0.offset < last } ?? false
    }

    func noteDeletedTopic() { foundDeletedTopic = true }

    /// The first failure is the one that is reported.
    func fail(_ failure: StoreFailure) {
        if self.failure == nil { self.failure = failure }
    }

    /// Lists again from these records onward, and stores them among what is found: another sandbox is writing there.
    /// - Parameter start: the offset after what is known to be covered.
    func lookAgain(_ range: Range<Int>, from start: Int64) {
        let keys = keysAround(range, from: start)
        KeySurvey.askAlone(keys, store) { [self] in place(range, among: $0) }
    }

    /// Recycles what was prepared and not needed. To be called when the store has run.
    func finish() {
        if let prepared { formats.recycle(prepared.body, of: draft) }
        prepared = nil
    }

    /// Reads an object's metadata and, if that does not suffice, its lines, and determines what it is to the draft.
    func judge(_ name: ObjectName, _ completion: @escaping (Result<Likeness, StoreFailure>) -> Void) {
        let key = key(name)
        if let stored = known[key] { return judge(stored, key, completion) }
        store.metadata(of: key) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(.absent):
                completion(
                    .failure(
                        StoreFailure(
                            description: "\(key) existed a moment ago and no longer does: "
                                + "it was deleted, or the store is not consistent")))
            case .success(.unreadable):
                completion(
                    .failure(
                        StoreFailure(
                            description: "\(key) exists, but its metadata does not say which "
                                + "records it holds: it was copied without its metadata, or not written by this "
                                + "function; restore the metadata or move the object out of the folder")))
            case .success(.known(let stored)):
                read.append((key, stored))
                judge(stored, key, completion)
            }
        }
    }

    private func judge(
        _ stored: ObjectMetadata, _ key: String, _ completion: @escaping (Result<Likeness, StoreFailure>) -> Void
    ) {
        if let likeness = draft.likeness(to: stored) { return completion(.success(likeness)) }
        store.contents(of: key) { [self] result in
            completion(result.flatMap { likeness(to: stored, key, contents: $0) })
        }
    }

    private func likeness(
        to stored: ObjectMetadata, _ key: String, contents: ByteBuffer
    ) -> Result<Likeness, StoreFailure> {
        do {
            let records = draft.records(within: stored)
            return .success(try format.holds(records, of: draft, in: contents, key: key) ? .same(stored) : .other)
        } catch {
            return .failure(StoreFailure(description: "\(key) cannot be decompressed: \(error)"))
        }
    }
}
