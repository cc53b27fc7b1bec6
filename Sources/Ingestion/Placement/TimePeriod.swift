import UTC

/// The hour or day of a record; all records of a period share a folder.
struct TimePeriod: Hashable, Sendable {
    /// The moment the period begins.
    let start: EpochMilliseconds
    /// The moment the next one begins.
    private let end: EpochMilliseconds

    /// The years 1 to 9999, which is what a folder's name and Athena's dates hold.
    private static let times: ClosedRange<EpochMilliseconds> = -62_135_596_800_000...253_402_300_799_999

    /// The record's time decides, so a replay lands where the first delivery did. A time beyond the years that a
    /// date can hold is moved to the nearest that it can: the row stays queryable. (No timestamp at all is -1, which
    /// is an hour of 1969: `BatchReport` says so.)
    init(of timestamp: EpochMilliseconds, _ partition: ObjectLayout.TimePartition) {
        let length: Int64
        switch partition {
        case .hour: length = 3_600_000
        case .day: length = 86_400_000
        case .none:
            start = .min
            end = .max
            return
        }
        let moment = min(max(timestamp, Self.times.lowerBound), Self.times.upperBound)
        start = moment - floorDivide(moment, length).remainder
        end = start + length
    }

    /// Whether `timestamp` surely lies within; one beyond the calendar's ends has to be asked for again.
    func contains(_ timestamp: EpochMilliseconds) -> Bool { timestamp >= start && timestamp < end }

    /// False with `TIME_PARTITION=none`: all times share the topic's folder.
    var isFolder: Bool { start > .min }

    func overlaps(_ times: ClosedRange<EpochMilliseconds>) -> Bool {
        times.upperBound >= start && times.lowerBound < end
    }
}
