import Bytes
import UTC

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

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
    /// between the two deliveries. Where both have metadata, of different kinds, that says whether they are.
    func isSameRecord(as other: Line) -> Bool {
        if bytes.elementsEqual(other.bytes) { return true }
        let (mine, others) = (metadataStart, other.metadataStart)
        guard mine != nil || others != nil else { return false }
        guard value(before: mine).elementsEqual(other.value(before: others)) else { return false }
        guard let mine, let others else { return true }
        return place(from: mine).elementsEqual(other.place(from: others))
    }

    /// The members that every kind of metadata begins with, up to the timestamp's last digit.
    private func place(from start: Int) -> Slice<UnsafeRawBufferPointer> {
        let name: StaticString = "\"kafka_timestamp\":"
        let length = name.utf8CodeUnitCount
        guard let base = bytes.baseAddress, bytes.count - start >= length,
            let found = (start...bytes.count - length).first(where: { memcmp(base + $0, name.utf8Start, length) == 0 })
        else { return bytes[start...] }
        let end = bytes[(found + length)...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
        return bytes[start..<(end ?? bytes.endIndex)]
    }

    /// Where the members begin that `RowMetadata` adds, which are the last ones.
    private var metadataStart: Int? {
        let name: StaticString = "\"kafka_topic\":"
        guard let base = bytes.baseAddress, bytes.count >= name.utf8CodeUnitCount else { return nil }
        return (0...bytes.count - name.utf8CodeUnitCount).last {
            memcmp(base + $0, name.utf8Start, name.utf8CodeUnitCount) == 0
        }
    }

    /// The value without its last brace, and without white space and the comma before what follows.
    private func value(before metadata: Int?) -> Slice<UnsafeRawBufferPointer> {
        var end = metadata ?? bytes.count
        if metadata == nil {
            while end > 0, bytes[end - 1] != UInt8(ascii: "}") { end -= 1 }
            end = max(0, end - 1)
        } else if end > 0, bytes[end - 1] == UInt8(ascii: ",") {
            end -= 1
        }
        while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
        return bytes[..<end]
    }
}
