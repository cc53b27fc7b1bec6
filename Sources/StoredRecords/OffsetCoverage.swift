/// Which offsets of one topic-partition the objects of a bucket hold, by what they say of themselves.
///
/// Objects of different hours may have the same offsets between their ends: the records of a batch are spread over them
/// by their times. So stretches of objects that overlap are judged as a whole, by how many records they hold.
package struct OffsetCoverage: Equatable, Sendable {
    /// An object as far as its metadata tells.
    package struct Object: Equatable, Sendable {
        package var key: String
        package var firstOffset: Int64
        package var lastOffset: Int64
        package var recordCount: Int
        /// Whether it holds quarantined records.
        package var isErrors: Bool

        package init(key: String, firstOffset: Int64, lastOffset: Int64, recordCount: Int, isErrors: Bool) {
            self.key = key
            self.firstOffset = firstOffset
            self.lastOffset = lastOffset
            self.recordCount = recordCount
            self.isErrors = isErrors
        }

        var folder: Substring { key[...(key.lastIndex(of: "/") ?? key.startIndex)] }
    }

    /// Records of one offset that are stored more than once.
    package struct Double: Equatable, Sendable {
        package var firstOffset: Int64
        package var lastOffset: Int64
        /// How many records there are too many, at least.
        package var count: Int64
        package var keys: [String]
    }

    /// Offsets of which no object holds a record: all of them, or `count` somewhere among them.
    package struct Gap: Equatable, Sendable {
        package var firstOffset: Int64
        package var lastOffset: Int64
        package var count: Int64
    }

    package private(set) var firstOffset: Int64?
    package private(set) var lastOffset: Int64?
    package private(set) var rowCount: Int64 = 0
    package private(set) var errorCount: Int64 = 0
    package private(set) var objectCount = 0
    /// Within the first and the last offset. Kafka leaves some out by itself: those of transactions' markers, and of
    /// records that compaction has removed.
    package private(set) var gaps: [Gap] = []
    package private(set) var doubles: [Double] = []

    package init(_ objects: [Object]) {
        let sorted = objects.sorted {
            ($0.firstOffset, $0.lastOffset, $0.key) < ($1.firstOffset, $1.lastOffset, $1.key)
        }
        objectCount = sorted.count
        firstOffset = sorted.first?.firstOffset
        var stretch: [Object] = []
        for object in sorted {
            if object.isErrors {
                errorCount += Int64(object.recordCount)
            } else {
                rowCount += Int64(object.recordCount)
            }
            if let last = lastOffset, object.firstOffset > last {
                close(stretch)
                stretch = []
                noteGap(after: last, before: object.firstOffset)
            }
            stretch.append(object)
            lastOffset = max(lastOffset ?? object.lastOffset, object.lastOffset)
        }
        close(stretch)
    }

    private mutating func noteGap(after last: Int64, before next: Int64) {
        guard next - last > 1 else { return }
        gaps.append(Gap(firstOffset: last + 1, lastOffset: next - 1, count: next - last - 1))
    }

    /// Judges objects that overlap one another, with the offsets of none outside of them.
    private mutating func close(_ stretch: [Object]) {
        guard let first = stretch.first?.firstOffset, let last = stretch.map(\.lastOffset).max() else { return }
        let surplus = stretch.reduce(0) { $0 + Int64($1.recordCount) } - (last - first + 1)
        let before = doubles.count
        noteNamesakes(in: stretch)
        if surplus > 0, doubles.count == before {
            doubles.append(
                Double(firstOffset: first, lastOffset: last, count: surplus, keys: stretch.map(\.key)))
        }
        if surplus < 0 { gaps.append(Gap(firstOffset: first, lastOffset: last, count: -surplus)) }
    }

    /// Objects of one folder hold records of one period, so where they overlap they hold the same ones.
    private mutating func noteNamesakes(in stretch: [Object]) {
        var latest: [Substring: Object] = [:]
        for object in stretch {
            if let other = latest[object.folder], object.firstOffset <= other.lastOffset {
                let last = min(object.lastOffset, other.lastOffset)
                doubles.append(
                    Double(
                        firstOffset: object.firstOffset, lastOffset: last, count: 1, keys: [other.key, object.key]))
                if other.lastOffset > object.lastOffset { continue }
            }
            latest[object.folder] = object
        }
    }
}
