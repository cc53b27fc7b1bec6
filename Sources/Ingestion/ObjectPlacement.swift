import Bytes
import Compression
import UTC

/// Brings the lines of one draft into the store, each record exactly once whatever is stored already.
///
/// Why this holds, without a database or a lock:
///
/// - A key is made of the folder, topic, partition and the object's *first* offset, and S3 creates a key at most once
///   (`If-None-Match: *`). Two deliveries that begin with the same record compete for one key, and one of them wins.
/// - The loser reads in the winner's metadata which offsets it covers, skips those and goes on with the next record,
///   again under the key of its first offset. Since every delivery goes on at the first record that is not stored, all
///   of them name the same keys; the objects of a folder and partition lie end to end and never overlap.
/// - A delivery that does not continue where this sandbox left off (`looksAround`; see `PartitionMemory`) may begin in
///   the middle of an object, or reach over one that is stored. It lists what lies around its offsets first. An object
///   never spans more than `maximumSpan` offsets, so a listing from there on shows all that can cover the first record.
/// - A topic that was deleted and created again brings other records under known offsets. Timestamps in the metadata,
///   or the lines themselves, tell the two apart; the newcomer's key carries its first record's timestamp as well, and
///   nothing is dropped.
///
/// Not covered: two consumer groups that write to one prefix at the same time, each from another offset on.
final class ObjectPlacement {
    /// One more than the greatest distance between an object's first and last offset: the largest batch of a mapping.
    /// Compacted topics, whose offsets have holes, get more and smaller objects for it.
    static let maximumSpan: Int64 = 10_000

    let draft: ObjectDraft
    /// Records from here on are not yet known to be stored.
    private(set) var next = 0
    private(set) var failure: StoreFailure?
    private(set) var created: [CreatedObject] = []
    /// Whether objects of another topic of the same name lie among these offsets.
    private(set) var metNamesake = false
    /// Whether some of the records were stored already.
    private(set) var metStored = false
    /// Whether a stored object holds records of this kind beyond the last one of the draft.
    private(set) var reachedBeyond = false
    /// The nearest first offset behind the draft's last one under which something is stored, where it was looked for.
    private(set) var seenAhead: Int64?

    private let store: any ObjectStore
    private let bodies: ObjectBodies
    private let policy: Policy
    /// What the listing showed between the first and the last record, in the order of their offsets.
    private var neighbours: [ObjectName] = []
    /// Whether a namesake's objects lie among them.
    private var isMixed = false
    /// Whether the first listing has been asked for and not answered.
    private var isListing = false
    /// The first object's body, made while that is so: hardly ever does the listing show something that changes it.
    private var prepared: (range: Range<Int>, body: ByteBuffer)?

    struct Policy {
        var delivery: IngestionConfiguration.Delivery
        /// Whether to list first what is stored around these offsets.
        var looksAround: Bool
    }

    struct CreatedObject {
        var key: String
        var recordCount: Int
        var byteCount: Int
        var leastTimestamp: EpochMilliseconds
        var greatestTimestamp: EpochMilliseconds
    }

    init(_ draft: ObjectDraft, _ store: any ObjectStore, _ bodies: ObjectBodies, _ policy: Policy) {
        self.draft = draft
        self.store = store
        self.bodies = bodies
        self.policy = policy
    }

    /// Asks the store for the first step; the others follow from its answers, within `store.run()`.
    func start() {
        guard policy.delivery == .exactlyOnce, policy.looksAround else { return place() }
        isListing = true
        lookAround(from: nil)
        store.whileWaiting { [self] in prepare() }
    }

    /// The first offset that is not durably stored, once the store has run; `nil` when all are.
    var firstMissingOffset: Int64? { next < draft.records.count ? draft.records[next].offset : nil }

    // MARK: Writing

    /// Writes the next object, or finds that all is written.
    private func place() {
        guard next < draft.records.count else { return dropPrepared() }
        let first = draft.records[next]
        // An object that begins before this record, at one that has been compacted away since, may cover it.
        let passed = neighbours.prefix { $0.offset < first.offset }
        guard passed.isEmpty else {
            neighbours.removeFirst(passed.count)
            return skipCovered(by: passed, all: isMixed)
        }
        let plain = ObjectName(offset: first.offset, timestamp: nil)
        let own = ObjectName(offset: first.offset, timestamp: first.timestamp)
        if neighbours.contains(own) {
            readNeighbour(own)
        } else if neighbours.contains(plain) {
            readNeighbour(plain)
        } else {
            create(plain)
        }
    }

    private func create(_ name: ObjectName) {
        let range = next..<end(from: next)
        let body: ByteBuffer
        do { body = try self.body(of: range) } catch { return fail(StoreFailure(description: "\(error)")) }
        let metadata = ObjectMetadata(of: draft.records[range], draft.topicPartition)
        let key = self.key(name)
        store.create(key, body, isGzip: bodies.isGzip, metadata) { [self] result in
            defer { bodies.giveBack(body, of: draft) }
            switch result {
            case .success(.created):
                created.append(
                    CreatedObject(
                        key: key, recordCount: range.count, byteCount: body.count,
                        leastTimestamp: metadata.leastTimestamp, greatestTimestamp: metadata.greatestTimestamp))
                next = range.upperBound
                place()
            case .success(.alreadyExists):
                if policy.delivery == .atLeastOnce { settleUnseen(name, range) } else { readNeighbour(name) }
            case .failure(let failure): fail(failure)
            }
        }
    }

    private func body(of range: Range<Int>) throws(GzipError) -> ByteBuffer {
        if let prepared, prepared.range == range {
            self.prepared = nil
            return prepared.body
        }
        dropPrepared()
        return try bodies.body(of: draft, range)
    }

    private func prepare() {
        guard isListing else { return }
        let range = 0..<end(from: 0)
        // What fails now fails again when it is needed, and says so.
        prepared = (try? bodies.body(of: draft, range)).map { (range, $0) }
    }

    private func dropPrepared() {
        if let prepared { bodies.giveBack(prepared.body, of: draft) }
        prepared = nil
    }

    /// Where the object that begins with record `start` ends: before the span gets too long, or before an object
    /// that is stored.
    private func end(from start: Int) -> Int {
        let first = draft.records[start].offset
        var last = first.addingReportingOverflow(Self.maximumSpan - 1)
        if last.overflow { last.partialValue = .max }
        for neighbour in neighbours where neighbour.offset > first {
            last.partialValue = min(last.partialValue, neighbour.offset - 1)
            break
        }
        return draft.index(after: last.partialValue, from: start)
    }

    // MARK: Meeting what is stored

    /// Something is stored under the name of the next record: skips what it covers, if it is of the same topic.
    private func readNeighbour(_ name: ObjectName) {
        store.metadata(of: key(name)) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(nil):
                fail(StoreFailure(description: "\(key(name)) exists, but its metadata does not say which records it "
                    + "holds: it was not written by this function, or was removed just now; move it away"))
            case .success(let stored?):
                compare(stored, name) { [self] isSame in
                    if isSame, stored.lastOffset >= draft.records[next].offset { return skip(stored) }
                    guard name.timestamp == nil else {
                        return fail(StoreFailure(description: "\(key(name)) holds other records of the same offsets and time; move it away"))
                    }
                    // Another topic of this name, deleted since: its objects stay, ours get names of their own.
                    metNamesake = true
                    create(ObjectName(offset: name.offset, timestamp: draft.records[next].timestamp))
                }
            }
        }
    }

    /// Goes on behind what `stored` covers.
    private func skip(_ stored: ObjectMetadata) {
        next = draft.index(after: stored.lastOffset, from: next)
        neighbours.removeAll { $0.offset <= stored.firstOffset }
        metStored = true
        reachedBeyond = reachedBeyond || draft.records.last.map { $0.offset < stored.lastOffset } ?? false
        place()
    }

    /// At-least-once asks nothing: what stands under the key may cover fewer records than these, so they get a key
    /// that says where they end. If that stands as well, they are stored.
    private func settleUnseen(_ name: ObjectName, _ range: Range<Int>) {
        metStored = true
        guard name.last == nil, let last = draft.records[range].last else {
            next = range.upperBound
            return place()
        }
        create(ObjectName(offset: name.offset, timestamp: draft.records[range.lowerBound].timestamp, last: last.offset))
    }

    /// Tells whether the records that `stored` and this draft have in common are the same ones.
    ///
    /// A record at either end of the object that is in the draft as well decides by its time. Where the draft has
    /// neither, it lies within the object, and its lines must be among the object's.
    private func compare(_ stored: ObjectMetadata, _ name: ObjectName, _ then: @escaping (Bool) -> Void) {
        let times = stored.leastTimestamp...max(stored.leastTimestamp, stored.greatestTimestamp)
        var sharesAnEnd = false
        for record in draft.records[next...] {
            if record.offset > stored.lastOffset { break }
            if !times.contains(record.timestamp) { return then(false) }
            for (offset, timestamp) in [
                (stored.firstOffset, stored.firstTimestamp), (stored.lastOffset, stored.lastTimestamp),
            ] where record.offset == offset {
                if record.timestamp != timestamp { return then(false) }
                sharesAnEnd = true
            }
        }
        // Where all have one time (none at all is -1), it tells nothing.
        if sharesAnEnd, stored.leastTimestamp < stored.greatestTimestamp || isDated(stored) { return then(true) }
        let range = next..<draft.index(after: stored.lastOffset, from: next)
        store.contents(of: key(name)) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(let contents): then(draft.lines(range, areAmong: contents.bytes))
            }
        }
    }

    /// Whether the object's one record has a time of its own.
    private func isDated(_ stored: ObjectMetadata) -> Bool { stored.recordCount == 1 && stored.firstTimestamp >= 0 }

    // MARK: Looking around

    private func lookAround(from start: String?) {
        guard let first = draft.records.first, let last = draft.records.last else { return }
        // This text sorts in front of every key that begins with it: an object at that very offset is listed.
        let earliest = draft.stem + ObjectLayout.digits(max(0, first.offset - Self.maximumSpan + 1))
        store.keys(with: draft.stem, after: start ?? earliest, limit: 1000) { [self] result in
            isListing = false
            switch result {
            case .failure(let failure): fail(failure)
            case .success(let page):
                let names = page.keys.compactMap { ObjectName(key: $0, stem: draft.stem, suffix: bodies.suffix) }
                neighbours += names.filter { $0.offset <= last.offset }
                if page.isTruncated, (names.last?.offset ?? 0) <= last.offset {
                    guard let lastKey = page.keys.last else {
                        return fail(StoreFailure(description: "the listing of \(draft.stem) stopped without a key"))
                    }
                    return lookAround(from: lastKey)
                }
                seenAhead = names.first { $0.offset > last.offset }?.offset ?? .max
                isMixed = neighbours.contains { $0.timestamp != nil }
                place()
            }
        }
    }

    /// Reads the objects that begin before the next record, from the nearest on, until one covers it. Objects lie
    /// end to end, so the nearest tells; only where a namesake's lie among them are `all` to be asked.
    private func skipCovered(by names: ArraySlice<ObjectName>, all: Bool) {
        guard let nearest = names.last else { return place() }
        let first = draft.records[next]
        store.metadata(of: key(nearest)) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(let stored?) where stored.lastOffset >= first.offset:
                compare(stored, nearest) { [self] isSame in
                    if isSame { return skip(stored) }
                    metNamesake = true
                    skipCovered(by: names.dropLast(), all: true)
                }
            case .success: if all { skipCovered(by: names.dropLast(), all: true) } else { place() }
            }
        }
    }

    private func key(_ name: ObjectName) -> String { draft.stem + name.text + bodies.suffix }

    private func fail(_ failure: StoreFailure) {
        self.failure = failure
        dropPrepared()
    }
}
