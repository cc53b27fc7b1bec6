import UTC

/// The part of a key that tells the objects of one folder and topic-partition apart:
/// `00000000000000000015.json.gz`, and for a topic that had a namesake `00000000000000000015.1545084650987.json.gz`.
struct ObjectName: Hashable {
    /// Of the object's first record.
    var offset: Int64
    /// Of the object's first record, where the offset alone names an object of another topic.
    var timestamp: EpochMilliseconds?
    /// Counts the topics of one name whose objects begin with the same offset and time, from 2 on. (At-least-once
    /// delivery wrote the last record's offset here at one time.)
    var number: Int64?
    /// The format's ending, with its dot. An object of another format than today's holds its records all the same.
    var suffix: String

    init(offset: Int64, timestamp: EpochMilliseconds? = nil, number: Int64? = nil, suffix: String) {
        self.offset = offset
        self.timestamp = timestamp
        self.number = number
        self.suffix = suffix
    }

    var text: String {
        ObjectLayout.digits(offset) + (timestamp.map { ".\($0)" } ?? "") + (number.map { ".\($0)" } ?? "") + suffix
    }

    /// - Returns: `nil` for a key that is not an object of this partition and period.
    init?(key: String, keyPrefix: String) {
        guard key.utf8.starts(with: keyPrefix.utf8) else { return nil }
        let name = key.utf8.dropFirst(keyPrefix.utf8.count)
        let digits = name.prefix { $0 != UInt8(ascii: ".") }
        guard digits.count == 20, let offset = Int64(String(Substring(digits))) else { return nil }
        self.offset = offset
        var rest = name.dropFirst(20)
        timestamp = Self.removeNumber(from: &rest)
        if timestamp != nil { number = Self.removeNumber(from: &rest) }
        guard !rest.isEmpty else { return nil }
        suffix = String(Substring(rest))
    }

    /// Takes `.123` from the front, if it is there.
    private static func removeNumber(from rest: inout Substring.UTF8View) -> Int64? {
        let part = rest.dropFirst().prefix { $0 != UInt8(ascii: ".") }
        guard let number = Int64(String(Substring(part))) else { return nil }
        rest = rest.dropFirst(part.count + 1)
        return number
    }
}
