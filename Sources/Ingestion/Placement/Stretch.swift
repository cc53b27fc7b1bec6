/// Stores a range of a draft's records among the objects that a listing showed there.
///
/// The first offsets of these objects cut the range into pieces. The objects are asked concurrently how far they reach,
/// and what is missing of a piece is written as soon as all before it have answered, whatever is still asked about
/// others.
///
/// Pieces may be written at the same time since every delivery that sees the same objects cuts at the same places: the
/// record after an object names the same key for all of them. Within a piece one object follows the other.
final class Stretch {
    private unowned let placement: ObjectPlacement
    private var found: [FoundObject] = []
    private var pieces: [Piece] = []
    /// Pieces before this one are decided, and so is how far the objects of all of them reach.
    private var settled = 0
    private var reach = Int64.min
    /// Whether objects of a deleted topic of this name are among those found, whose names have a timestamp, or the
    /// ending of another format beside one of ours: then the nearest one no longer tells for those before it.
    private var isMixed: Bool
    private let firstOffset: Int64
    /// How many of the objects found begin before the first record.
    private let earlierCount: Int

    private struct FoundObject {
        let name: ObjectName
        /// The piece that begins with it.
        let piece: Int
        /// `nil` until its metadata is known.
        var likeness: Result<Likeness, StoreFailure>?
    }

    private struct Piece {
        /// What begins where the piece does; for the first piece, all that begins before the first record.
        var objects: Range<Int>
        /// Records from here onward are not yet known to be stored.
        var next: Int
        var end: Int
        /// How many of its objects have been asked and have not answered.
        var asked = 0
    }

    init(_ placement: ObjectPlacement, _ range: Range<Int>, _ names: [ObjectName]) {
        self.placement = placement
        let draft = placement.draft
        let first = draft.records[range.lowerBound].offset
        firstOffset = first
        earlierCount = names.prefix { $0.offset < first }.count
        isMixed =
            names.contains { $0.timestamp != nil } || zip(names, names.dropFirst()).contains { $0.offset == $1.offset }
        pieces = [Piece(objects: 0..<earlierCount, next: range.lowerBound, end: range.upperBound)]
        for (index, name) in names.enumerated() {
            if index >= earlierCount, index == earlierCount || name.offset > names[index - 1].offset {
                cut(at: min(max(draft.index(of: name.offset), range.lowerBound), range.upperBound), object: index)
            }
            found.append(FoundObject(name: name, piece: pieces.count - 1))
            pieces[pieces.count - 1].objects = pieces[pieces.count - 1].objects.lowerBound..<index + 1
        }
        cutInGaps(upTo: range.upperBound)
    }

    /// Ends the last piece before record `start` and begins another there.
    private func cut(at start: Int, object: Int) {
        cutInGaps(upTo: start)
        let end = pieces[pieces.count - 1].end
        pieces[pieces.count - 1].end = start
        pieces.append(Piece(objects: object..<object, next: start, end: end))
    }

    /// No object reaches over a gap between two records that is as wide as the largest span, so every delivery cuts
    /// there. A compacted topic's records can be that far apart, each in its own object.
    private func cutInGaps(upTo limit: Int) {
        let records = placement.draft.records
        let start = pieces[pieces.count - 1].next
        guard start < limit else { return }
        guard records[limit - 1].offset - records[start].offset >= ObjectPlacement.maximumSpan else { return }
        var index = start + 1
        while index < limit {
            if records[index].offset - records[index - 1].offset >= ObjectPlacement.maximumSpan {
                let piece = pieces[pieces.count - 1]
                pieces[pieces.count - 1].end = index
                pieces.append(
                    Piece(objects: piece.objects.upperBound..<piece.objects.upperBound, next: index, end: piece.end))
            }
            index += 1
        }
    }

    /// The first record that is not durably stored, once the store has run.
    var firstMissing: Int? { pieces.first { $0.next < $0.end }?.next }

    func start() {
        for index in found.indices.dropFirst(earlierCount) { pieces[found[index].piece].asked += 1 }
        if isMixed {
            askAllEarlier(before: earlierCount)
        } else if earlierCount > 0 {
            pieces[0].asked += 1
            ask(earlierCount - 1)
        }
        advance()
        for index in found.indices.dropFirst(earlierCount) { ask(index) }
    }

    private func askAllEarlier(before end: Int) {
        pieces[0].asked += end
        for index in (0..<end).reversed() { ask(index) }
    }

    // MARK: What the objects found say

    private func ask(_ index: Int) {
        placement.judge(found[index].name) { [self] result in
            note(result)
            found[index].likeness = result
            if index < earlierCount, !isMixed { askFurtherBack(index, result) }
            pieces[found[index].piece].asked -= 1
            advance()
        }
    }

    private func note(_ result: Result<Likeness, StoreFailure>) {
        switch result {
        case .success(.same(let stored)), .success(.apart(let stored)): placement.noteReach(stored.lastOffset)
        case .success(.other): placement.noteDeletedTopic()
        case .failure(let failure): placement.fail(failure)
        }
    }

    /// Objects are contiguous, so the nearest one shows whether any that begins before the first record covers it. A
    /// deleted topic's does not; nor does one that ends well before, which may be within a larger one: then the next
    /// one shows it.
    private func askFurtherBack(_ index: Int, _ result: Result<Likeness, StoreFailure>) {
        switch result {
        case .success(.same), .failure: break
        case .success(.other):
            isMixed = true
            askAllEarlier(before: index)
        case .success(.apart(let stored)):
            guard index == earlierCount - 1, index > 0, stored.lastOffset < firstOffset - 1 else { return }
            pieces[0].asked += 1
            ask(index - 1)
        }
    }

    /// Writes what is missing of the pieces whose objects, and all before them, have answered.
    private func advance() {
        while settled < pieces.count, pieces[settled].asked == 0 {
            for object in found[pieces[settled].objects] {
                switch object.likeness {
                case .success(.same(let stored)): reach = max(reach, stored.lastOffset)
                // It may cover anything that follows.
                case .failure: return
                case .success(.other), .success(.apart), nil: break
                }
            }
            settled += 1
            skip(settled - 1, through: reach)
            write(settled - 1)
        }
    }

    // MARK: Writing

    private func skip(_ piece: Int, through last: Int64) {
        let old = pieces[piece].next
        guard old < pieces[piece].end, placement.draft.records[old].offset <= last else { return }
        pieces[piece].next = min(placement.draft.index(after: last, from: old), pieces[piece].end)
        placement.noteStored(pieces[piece].next - old)
    }

    /// Writes the piece's next object, or finds that all is written.
    private func write(_ piece: Int) {
        let next = pieces[piece].next
        guard next < pieces[piece].end else { return }
        // What was listed under this record's name holds others, or the record would have been skipped.
        let taken = Set(found[pieces[piece].objects].map(\.name))
        let others = (0...taken.count).first { !taken.contains(placement.name(at: next, afterOthers: $0)) }
        create(piece, afterOthers: others ?? 0)
    }

    /// - Parameter others: how many objects of deleted topics have taken the names before this one.
    private func create(_ piece: Int, afterOthers others: Int) {
        let name = placement.name(at: pieces[piece].next, afterOthers: others)
        let range = pieces[piece].next..<placement.end(from: pieces[piece].next, atMost: pieces[piece].end)
        placement.create(name, range) { [self] result in
            switch result {
            case .failure(let failure): placement.fail(failure)
            case .success((.created, let metadata, let byteCount)):
                finishObject(piece, range, name, metadata, byteCount)
            case .success((.alreadyExists, let metadata, let byteCount)):
                placement.judge(name) { [self] in
                    resolveCollision($0, piece, name, afterOthers: others) { [self] stored in
                        // The response to our own request was lost, and the retry found what it wrote.
                        guard stored == metadata, stored.requestID != nil else { return false }
                        finishObject(piece, range, name, metadata, byteCount)
                        return true
                    }
                }
            }
        }
    }

    private func finishObject(
        _ piece: Int, _ range: Range<Int>, _ name: ObjectName, _ metadata: ObjectMetadata, _ byteCount: Int
    ) {
        placement.noteCreated(name, metadata, byteCount: byteCount)
        pieces[piece].next = range.upperBound
        write(piece)
    }

    /// Something was stored under the name of the next record since it was looked for, or without looking.
    /// - Parameter isOurs: whether this invocation wrote it; then everything is done.
    private func resolveCollision(
        _ result: Result<Likeness, StoreFailure>, _ piece: Int, _ name: ObjectName,
        afterOthers others: Int, isOurs: (ObjectMetadata) -> Bool
    ) {
        let key = placement.key(name)
        switch result {
        case .failure(let failure): placement.fail(failure)
        case .success(.apart):
            placement.fail(
                StoreFailure(
                    description: "the metadata of \(key) says other offsets than its name; move it out of the folder"))
        case .success(.other):
            placement.noteDeletedTopic()
            // Another topic of this name, deleted since: its objects stay, ours get different names.
            create(piece, afterOthers: others + 1)
        case .success(.same(let stored)):
            if isOurs(stored) { return }
            placement.noteReach(stored.lastOffset)
            skip(piece, through: stored.lastOffset)
            let rest = pieces[piece].next..<pieces[piece].end
            guard !rest.isEmpty else { return }
            pieces[piece].end = rest.lowerBound
            placement.lookAgain(rest, from: stored.lastOffset + 1)
        }
    }
}
