/// Stores a run of a draft's records among the objects that a listing showed there.
///
/// The first offsets of these objects cut the run into pieces. The objects are asked side by side how far they reach, and
/// what is missing of a piece is written as soon as all before it have answered, whatever is still asked about others.
///
/// Pieces may be written at the same time since every delivery that sees the same objects cuts at the same places: the
/// record after an object names the same key for all of them. Within a piece one object follows the other.
final class Stretch {
    private unowned let placement: ObjectPlacement
    private var met: [MetObject] = []
    private var pieces: [Piece] = []
    /// Pieces before this one are decided, and so is how far the objects of all of them reach.
    private var settled = 0
    private var reach = Int64.min
    /// Whether objects of a namesake lie among those met, whose names have a timestamp, or the ending of another format
    /// beside one of ours: then the nearest one no longer tells for those behind it.
    private var isMixed: Bool
    private let firstOffset: Int64
    /// How many of the objects met begin before the first record.
    private let behindCount: Int

    private struct MetObject {
        let name: ObjectName
        /// The piece that begins with it.
        let piece: Int
        var verdict = Verdict.unknown
    }

    private enum Verdict {
        case unknown
        /// Holds records of the draft up to this offset.
        case covers(Int64)
        /// Covers nothing of the draft: it is a namesake's, or ends before.
        case nothing
        /// What it covers could not be found out.
        case failed
    }

    private struct Piece {
        /// What begins where the piece does; for the first piece, all that begins before the first record.
        var objects: Range<Int>
        /// Records from here on are not yet known to be stored.
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
        behindCount = names.prefix { $0.offset < first }.count
        isMixed =
            names.contains { $0.timestamp != nil } || zip(names, names.dropFirst()).contains { $0.offset == $1.offset }
        pieces = [Piece(objects: 0..<behindCount, next: range.lowerBound, end: range.upperBound)]
        for (index, name) in names.enumerated() {
            if index >= behindCount, index == behindCount || name.offset > names[index - 1].offset {
                cut(at: min(max(draft.index(of: name.offset), range.lowerBound), range.upperBound), object: index)
            }
            met.append(MetObject(name: name, piece: pieces.count - 1))
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
    /// there. A compacted topic's records can lie that far apart, each in an object of its own.
    private func cutInGaps(upTo limit: Int) {
        let records = placement.draft.records
        let start = pieces[pieces.count - 1].next
        guard start < limit, records[limit - 1].offset - records[start].offset >= ObjectPlacement.maximumSpan else { return }
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
        for index in met.indices.dropFirst(behindCount) { pieces[met[index].piece].asked += 1 }
        if isMixed {
            askAllBehind(before: behindCount)
        } else if behindCount > 0 {
            pieces[0].asked += 1
            ask(behindCount - 1)
        }
        advance()
        for index in met.indices.dropFirst(behindCount) { ask(index) }
    }

    private func askAllBehind(before end: Int) {
        pieces[0].asked += end
        for index in (0..<end).reversed() { ask(index) }
    }

    // MARK: What the objects met say

    private func ask(_ index: Int) {
        placement.judge(met[index].name) { [self] result in
            met[index].verdict = verdict(result)
            if index < behindCount, !isMixed { lookFurtherBehind(index, result) }
            pieces[met[index].piece].asked -= 1
            advance()
        }
    }

    private func verdict(_ result: Result<ObjectPlacement.Judgement, StoreFailure>) -> Verdict {
        switch result {
        case .success(.same(let stored)):
            placement.noteReach(stored.lastOffset)
            return .covers(stored.lastOffset)
        case .success(.apart(let stored)):
            placement.noteReach(stored.lastOffset)
            return .nothing
        case .success(.other):
            placement.noteNamesake()
            return .nothing
        case .failure(let failure):
            placement.fail(failure)
            return .failed
        }
    }

    /// Objects lie end to end, so the nearest one tells whether any that begins before the first record covers it. A
    /// namesake's does not; nor does one that ends well before, which may lie within a larger one: then the next tells.
    private func lookFurtherBehind(_ index: Int, _ result: Result<ObjectPlacement.Judgement, StoreFailure>) {
        switch result {
        case .success(.same), .failure: break
        case .success(.other):
            isMixed = true
            askAllBehind(before: index)
        case .success(.apart(let stored)):
            guard index == behindCount - 1, index > 0, stored.lastOffset < firstOffset - 1 else { return }
            pieces[0].asked += 1
            ask(index - 1)
        }
    }

    /// Writes what is missing of the pieces whose objects, and all before them, have answered.
    private func advance() {
        while settled < pieces.count, pieces[settled].asked == 0 {
            for object in met[pieces[settled].objects] {
                switch object.verdict {
                case .covers(let last): reach = max(reach, last)
                // It may cover anything that follows.
                case .failed: return
                case .unknown, .nothing: break
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
        let taken = Set(met[pieces[piece].objects].map(\.name))
        create(piece, afterOthers: (0...taken.count).first { !taken.contains(placement.name(at: next, afterOthers: $0)) } ?? 0)
    }

    /// - Parameter others: how many objects of namesakes have taken the names before this one.
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
                    meet($0, piece, name, afterOthers: others) { [self] stored in
                        // The answer to our own request was lost, and the next one found what it wrote.
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
    private func meet(
        _ result: Result<ObjectPlacement.Judgement, StoreFailure>, _ piece: Int, _ name: ObjectName,
        afterOthers others: Int, isOurs: (ObjectMetadata) -> Bool
    ) {
        let key = placement.key(name)
        switch result {
        case .failure(let failure): placement.fail(failure)
        case .success(.apart):
            placement.fail(
                StoreFailure(description: "\(key) says that it holds other offsets than its name does; move it away"))
        case .success(.other):
            placement.noteNamesake()
            // Another topic of this name, deleted since: its objects stay, ours get names of their own.
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
