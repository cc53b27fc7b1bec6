/// How often each value occurred, in at most as many buckets as CloudWatch takes in one line.
///
/// Near values share a bucket, which stands for their mean: an eighth of an octave at first, so that a percentile is
/// off by a few per cent at most; wider ones where a line would hold too many. Least, greatest, sum and count stay
/// exact.
package struct Histogram: Equatable, Sendable {
    /// By their values, rising: each bucket's mean and how many values it holds.
    package var buckets: [(value: Int64, count: Int64)] {
        var step = 1
        while true {
            let merged = merged(step)
            guard merged.count > Self.mostBuckets else { return merged }
            step *= 2
        }
    }

    package private(set) var count: Int64 = 0
    package private(set) var sum: Int64 = 0
    /// Of no value at all: the greatest number and 0.
    package private(set) var least = Int64.max
    package private(set) var greatest: Int64 = 0
    private var counts: [Int64] = []
    private var sums: [Int64] = []

    /// "A metric value array has at most 100 members": Embedded metric format, Amazon CloudWatch user guide.
    static let mostBuckets = 100
    /// 64 octaves of eight.
    private static let slots = 512

    package init() {}

    /// - Parameter value: from 0 on; less counts as 0. The sum of all must be less than 2^63.
    package mutating func add(_ value: Int64) {
        if counts.isEmpty {
            counts = Array(repeating: 0, count: Self.slots)
            sums = counts
        }
        let value = max(0, value)
        let slot = Self.slot(of: value)
        counts[slot] += 1
        sums[slot] &+= value
        count += 1
        sum &+= value
        least = min(least, value)
        greatest = max(greatest, value)
    }

    /// The highest bit of a value and the three after it; values below 16 have a slot each.
    private static func slot(of value: Int64) -> Int {
        guard value >= 16 else { return Int(value) }
        let shift = 60 - value.leadingZeroBitCount
        return shift * 8 + Int(value >> Int64(shift))
    }

    private func merged(_ step: Int) -> [(value: Int64, count: Int64)] {
        var merged: [(value: Int64, count: Int64)] = []
        guard count > 0 else { return merged }
        // The other slots are empty, and a batch's values are few and near each other.
        let first = Self.slot(of: least) / step * step
        for start in stride(from: first, through: Self.slot(of: greatest), by: step) {
            let range = start..<min(start + step, counts.count)
            let count = counts[range].reduce(0, +)
            if count > 0 { merged.append((sums[range].reduce(0, &+) / count, count)) }
        }
        return merged
    }
}
