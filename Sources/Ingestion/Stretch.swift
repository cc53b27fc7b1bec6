/// Stores a run of a draft's records among the objects that a listing showed there.
///
/// The first offsets of these objects cut the run into pieces. What is missing of a piece is known as soon as the
/// objects at its beginning have told how far they reach, and is then written at once, whatever is still asked about
/// others. The objects are asked side by side, those first that something missing may depend on.
///
/// Pieces may be written in any order since every delivery that sees the same objects cuts at the same places: the
/// record after an object names the same key for all of them. Within a piece one object follows the other.
final class Stretch {
    private unowned let placement: ObjectPlacement
    private var met: [MetObject] = []
    private var pieces: [Piece] = []
    /// Pieces before this one are decided, and so is how far the objects of all of them reach.
    private var settled = 0
    private var reach = Int64.min
    /// Whether objects of a namesake lie among those met: then the nearest one no longer tells for those behind it.
    private var isMixed: Bool
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
        /// A namesake's.
        case other
        /// Covers nothing of the draft.
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
        var isStarted = false
    }

    init(_ placement: ObjectPlacement, _ range: Range<Int>, _ names: [ObjectName]) {
        self.placement = placement
        let draft = placement.draft
        let first = draft.records[range.lowerBound].offset
        behindCount = names.prefix { $0.offset < first }.count
        isMixed = names.contains { $0.timestamp != nil }
        pieces = [Piece(objects: 0..<behindCount, next: range.lowerBound, end: range.upperBound)]
        for (index, name) in names.enumerated() {
            if index >= behindCount, index == behindCount || name.offset > names[index - 1].offset {
                let start = min(max(draft.index(of: name.offset), range.lowerBound), range.upperBound)
                pieces[pieces.count - 1].end = start
                pieces.append(Piece(objects: index..<index, next: start, end: range.upperBound))
            }
            met.append(MetObject(name: name, piece: pieces.count - 1))
            pieces[pieces.count - 1].objects = pieces[pieces.count - 1].objects.lowerBound..<index + 1
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
        advance(0)
        let others = met.indices.dropFirst(behindCount)
        let (close, rest) = (others.filter(mayPrecedeMissing), others.filter { !mayPrecedeMissing($0) })
        for index in close + rest { ask(index) }
    }

    /// Whether records follow of which this object alone tells whether it holds them.
    private func mayPrecedeMissing(_ index: Int) -> Bool {
        let piece = pieces[met[index].piece]
        return piece.end - piece.next > 1
            || piece.next < piece.end && placement.draft.records[piece.next].offset > met[index].name.offset
    }

    private func askAllBehind(before end: Int) {
        pieces[0].asked += end
        for index in (0..<end).reversed() { ask(index) }
    }

    // MARK: What the objects met say

    private func ask(_ index: Int) {
        placement.judge(met[index].name) { [self] result in
            met[index].verdict = verdict(result)
            if index < behindCount, !isMixed, !tellsForOthers(result) {
                isMixed = true
                askAllBehind(before: index)
            }
            pieces[met[index].piece].asked -= 1
            advance(met[index].piece)
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
        case .success(.gone): return .nothing
        case .success(.other):
            placement.noteNamesake()
            return .other
        case .failure(let failure):
            placement.fail(failure)
            return .failed
        }
    }

    /// Objects lie end to end, so the nearest one tells whether any that begins before the first record covers it;
    /// unless it is a namesake's, or gone.
    private func tellsForOthers(_ result: Result<ObjectPlacement.Judgement, StoreFailure>) -> Bool {
        switch result {
        case .success(.same), .success(.apart), .failure: true
        case .success(.other), .success(.gone): false
        }
    }

    /// A piece has heard of one more object.
    private func advance(_ piece: Int) {
        guard pieces[piece].asked == 0 else { return }
        if piece > 0, !pieces[piece].isStarted, let own = ownReach(piece) { begin(piece, after: own) }
        while settled < pieces.count, pieces[settled].asked == 0 {
            for object in met[pieces[settled].objects] {
                switch object.verdict {
                case .covers(let last): reach = max(reach, last)
                // It may cover what follows: nothing after it is written that has no word of its own.
                case .failed: return
                case .unknown, .other, .nothing: break
                }
            }
            if !pieces[settled].isStarted { begin(settled, after: reach) }
            settled += 1
        }
    }

    /// How far the piece's own objects reach, where one of them holds records of this draft: then no object before it
    /// can reach further, since a topic's objects never overlap.
    private func ownReach(_ piece: Int) -> Int64? {
        var reach: Int64?
        for object in met[pieces[piece].objects] {
            switch object.verdict {
            case .covers(let last): reach = max(reach ?? last, last)
            case .failed: return nil
            case .unknown, .other, .nothing: break
            }
        }
        return reach
    }

    // MARK: Writing

    private func begin(_ piece: Int, after last: Int64) {
        pieces[piece].isStarted = true
        skip(piece, through: last)
        write(piece)
    }

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
        let isTaken = { [self] (name: ObjectName) in met[pieces[piece].objects].contains { $0.name == name } }
        let plain = placement.name(at: next, withTimestamp: false)
        create(piece, isTaken(plain) ? placement.name(at: next, withTimestamp: true) : plain)
    }

    private func create(_ piece: Int, _ name: ObjectName) {
        let range = pieces[piece].next..<placement.end(from: pieces[piece].next, atMost: pieces[piece].end)
        placement.create(name, range) { [self] result in
            switch result {
            case .failure(let failure): placement.fail(failure)
            case .success((.created, let metadata, let byteCount)):
                finishObject(piece, range, name, metadata, byteCount)
            case .success((.alreadyExists, let metadata, let byteCount)):
                placement.judge(name) { [self] in
                    meet($0, piece, name) { [self] stored in
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
        isOurs: (ObjectMetadata) -> Bool
    ) {
        let key = placement.key(name)
        switch result {
        case .failure(let failure): placement.fail(failure)
        case .success(.gone):
            placement.fail(StoreFailure(description: "\(key) was in the way, and was removed just now"))
        case .success(.apart):
            placement.fail(
                StoreFailure(description: "\(key) says that it holds other offsets than its name does; move it away"))
        case .success(.other):
            placement.noteNamesake()
            guard name.timestamp == nil else {
                return placement.fail(
                    StoreFailure(description: "\(key) holds other records of the same offsets and time; move it away"))
            }
            // Another topic of this name, deleted since: its objects stay, ours get names of their own.
            create(piece, placement.name(at: pieces[piece].next, withTimestamp: true))
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
