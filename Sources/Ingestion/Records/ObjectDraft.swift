import Bytes
import UTC

/// The lines of one topic-partition and period, in the order of their offsets, on their way to becoming an object:
/// as a rule one, several where a part of them is stored already.
package final class ObjectDraft {
    let topicPartition: TopicPartition
    let content: ObjectContent
    let period: TimePeriod
    /// Key of the folder, with a `/` at its end.
    let folder: String
    /// What the keys of the objects of this partition and period begin with.
    let keyPrefix: String
    /// JSON Lines, each with its line feed.
    package let body: ByteBuffer
    @exclusivity(unchecked) private(set) var records: ContiguousArray<Mark> = []

    /// The offsets of those records that delete their keys.
    private var tombstones: [Int64] = []
    /// Why records cannot become rows, tombstones apart.
    private var rejections: [(offset: Int64, reason: Rejection)] = []

    /// One record's line: where it ends in the body, and what tells the record from another at the same offset.
    struct Mark {
        var offset: Int64
        var timestamp: EpochMilliseconds
        var end: Int
    }

    init(
        _ topicPartition: TopicPartition, _ content: ObjectContent, _ period: TimePeriod,
        folder: String, keyPrefix: String, body: ByteBuffer
    ) {
        self.topicPartition = topicPartition
        self.content = content
        self.period = period
        self.folder = folder
        self.keyPrefix = keyPrefix
        self.body = body
    }

    /// Says that the body's last line, ending where the body ends now, is the record at `offset`.
    func endLine(offset: Int64, timestamp: EpochMilliseconds) {
        records.append(Mark(offset: offset, timestamp: timestamp, end: body.count))
    }

    func noteTombstone(at offset: Int64) { tombstones.append(offset) }

    func noteRejection(_ reason: Rejection, at offset: Int64) { rejections.append((offset, reason)) }

    /// How many of the records with these offsets were rejected for which reason; by the reasons' names.
    func rejections(in offsets: ClosedRange<Int64>) -> [(reason: String, count: Int)] {
        var counts: [String: Int] = [:]
        for rejection in rejections where offsets.contains(rejection.offset) {
            counts[rejection.reason.rawValue, default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// How many of the records are tombstones.
    var tombstoneCount: Int { tombstones.count }

    func tombstoneCount(in offsets: ClosedRange<Int64>) -> Int { tombstones.count { offsets.contains($0) } }

    /// The lines of a run of records.
    func lines(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        let start = range.lowerBound == 0 ? 0 : records[range.lowerBound - 1].end
        return UnsafeRawBufferPointer(rebasing: body.bytes[start..<records[range.upperBound - 1].end])
    }

    /// The first record from `index` on whose offset is beyond `offset`.
    func index(after offset: Int64, from index: Int) -> Int {
        records.partitionPoint(from: index) { $0.offset > offset }
    }

    /// The first record whose offset is `offset` or beyond it.
    func index(of offset: Int64) -> Int { offset > .min ? index(after: offset - 1, from: 0) : 0 }
}
