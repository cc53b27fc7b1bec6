/// What a stored object is to a draft.
enum Likeness {
    /// It holds records of this draft, from an earlier delivery or another sandbox.
    case same(ObjectMetadata)
    /// It holds records of a deleted topic that had the same name.
    case other
    /// It holds none of the draft's offsets.
    case apart(ObjectMetadata)
}

extension ObjectDraft {
    /// The records whose offsets lie within the object.
    func records(within stored: ObjectMetadata) -> Range<Int> {
        let start = index(of: stored.firstOffset)
        return start..<index(after: stored.lastOffset, from: start)
    }

    /// A record at either end of the object that is in the draft as well decides by its time.
    ///
    /// - Returns: `nil` where the metadata leaves it open, as where the draft has neither end: then the object's
    ///   contents decide.
    func likeness(to stored: ObjectMetadata) -> Likeness? {
        let common = records(within: stored)
        guard !common.isEmpty else { return .apart(stored) }
        let times = stored.leastTimestamp...max(stored.leastTimestamp, stored.greatestTimestamp)
        guard records[common].allSatisfy({ times.contains($0.timestamp) }) else { return .other }
        var sharesAnEnd = false
        for (offset, timestamp) in [
            (stored.firstOffset, stored.firstTimestamp), (stored.lastOffset, stored.lastTimestamp),
        ] {
            guard let record = record(at: offset, in: common) else { continue }
            if record.timestamp != timestamp { return .other }
            sharesAnEnd = true
        }
        // Where all have one time (none at all is -1), it tells nothing; unless it is that of a single record.
        let isTelling =
            stored.leastTimestamp < stored.greatestTimestamp || stored.recordCount == 1 && stored.firstTimestamp >= 0
        return sharesAnEnd && isTelling ? .same(stored) : nil
    }

    private func record(at offset: Int64, in range: Range<Int>) -> Mark? {
        // The object's ends are the range's, if they are in it at all.
        [records[range.lowerBound], records[range.upperBound - 1]].first { $0.offset == offset }
    }
}
