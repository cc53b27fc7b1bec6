import Bytes
import UTC

/// What a stored object is to a draft whose offsets it shares: an earlier delivery of the same records, or records of
/// a topic that had the same name and was deleted.
enum Likeness: Equatable {
    case same
    case other
    /// The metadata leaves it open; the lines of these records of the draft decide.
    case unclear(Range<Int>)
    /// The draft has no record within the object.
    case apart
}

extension ObjectDraft {
    /// A record at either end of the object that is in the draft as well decides by its time. Where the draft has
    /// neither, it lies within the object, and its lines must be among the object's.
    func likeness(to stored: ObjectMetadata) -> Likeness {
        let start = index(of: stored.firstOffset)
        let common = start..<index(after: stored.lastOffset, from: start)
        guard !common.isEmpty else { return .apart }
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
        return sharesAnEnd && isTelling ? .same : .unclear(common)
    }

    private func record(at offset: Int64, in range: Range<Int>) -> Mark? {
        // The object's ends are the range's, if they are in it at all.
        for mark in [records[range.lowerBound], records[range.upperBound - 1]] where mark.offset == offset { return mark }
        return nil
    }

    /// Whether each line of the range stands in `stored`, in this order; others may stand between them.
    func lines(_ range: Range<Int>, areAmong stored: UnsafeRawBufferPointer) -> Bool {
        var rest = stored[...]
        for index in range {
            let line = Line(lines(index..<index + 1))
            while true {
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return false }
                let candidate = Line(UnsafeRawBufferPointer(rebasing: rest[...end]))
                rest = rest[(end + 1)...]
                if candidate.isSameRecord(as: line) { break }
            }
        }
        return true
    }
}

/// A stored line, or one about to be.
private struct Line {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// A line with record metadata and one without are the same record if their values are: the setting was changed
    /// between the two deliveries.
    func isSameRecord(as other: Line) -> Bool {
        if bytes.count == other.bytes.count { return bytes.elementsEqual(other.bytes) }
        return bytes.count > other.bytes.count ? addsMetadata(to: other) : other.addsMetadata(to: self)
    }

    /// Whether the line is the shorter one with the members that `RowMetadata` puts in front of its last brace.
    private func addsMetadata(to shorter: Line) -> Bool {
        let value = shorter.valueBeforeBrace
        guard bytes.starts(with: value) else { return false }
        var rest = bytes[value.count...].drop { $0 <= 0x20 }
        if rest.first == UInt8(ascii: ",") { rest = rest.dropFirst() }
        return rest.starts(with: "\"kafka_topic\":".utf8)
    }

    /// Without white space at its end.
    private var valueBeforeBrace: Slice<UnsafeRawBufferPointer> {
        var rest = bytes[...]
        while let last = rest.popLast(), last != UInt8(ascii: "}") {}
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        return rest
    }
}
