import UTC

/// The part of a key that tells the objects of one folder and topic-partition apart:
/// `00000000000000000015`, and for a topic that had a namesake `00000000000000000015.1545084650987`.
struct ObjectName: Hashable {
    /// Of the object's first record.
    var offset: Int64
    /// Of the object's first record, where the offset alone names an object of another topic.
    var timestamp: EpochMilliseconds?
    /// The last record's offset, where at-least-once delivery met the offset's key taken.
    var last: Int64?

    init(offset: Int64, timestamp: EpochMilliseconds?, last: Int64? = nil) {
        self.offset = offset
        self.timestamp = timestamp
        self.last = last
    }

    var text: String {
        ObjectLayout.digits(offset) + (timestamp.map { ".\($0)" } ?? "") + (last.map { ".\($0)" } ?? "")
    }

    /// - Returns: `nil` for a key that is not an object of this partition and period.
    init?(key: String, stem: String, suffix: String) {
        guard key.hasPrefix(stem), key.hasSuffix(suffix) else { return nil }
        let parts = key.dropFirst(stem.count).dropLast(suffix.count).split(separator: ".")
        guard (1...3).contains(parts.count), parts[0].utf8.count == 20, let offset = Int64(parts[0]) else { return nil }
        self.offset = offset
        timestamp = parts.count > 1 ? Int64(parts[1]) : nil
        last = parts.count > 2 ? Int64(parts[2]) : nil
    }
}
