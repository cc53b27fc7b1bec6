/// The days for which Athena looks into the folders of a table: the range of a projected date, `2026-11-24,NOW+1DAYS`.
///
/// A query without a condition on the day lists each folder of the range, whether it exists or not. So it begins at the
/// oldest day that was seen, and ends soon after today.
/// https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html (date type)
struct ProjectedDays: Equatable, Sendable {
    private var first: Bound
    private var last: Bound

    private enum Bound: Equatable, Sendable {
        case day(Day)
        /// Days after the day of the query.
        case ahead(Int)
        /// What somebody has set and we would not, `NOW-3YEARS` for example: it stays as it is.
        case other(String)
    }

    /// What a range may be widened to. Kafka's word for no timestamp, -1, is the oldest day; a year ahead is more than
    /// any clock is wrong by. Beyond there are only garbled times, and a range that holds them would make Athena list
    /// millions of folders for each query.
    static func holds(_ day: Day, today: Day) -> Bool { day >= oldest && day.number <= today.number + 366 }

    static let oldest = Day(number: -1)

    /// For the first time: whatever is stored today and tomorrow is in it.
    init(_ days: ClosedRange<Day>?, today: Day) {
        first = .day(min(days?.lowerBound ?? today, today))
        last = .ahead(1)
        widen(to: days, today: today)
    }

    init(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        first = parts.count == 2 ? Self.bound(parts[0]) : .other(text)
        last = parts.count == 2 ? Self.bound(parts[1]) : .other("")
    }

    private static func bound(_ text: String) -> Bound {
        if let day = Day(text) { return .day(day) }
        if text == "NOW" { return .ahead(0) }
        if text.hasPrefix("NOW+"), text.hasSuffix("DAYS"), let days = Int(text.dropFirst(4).dropLast(4)) {
            return .ahead(days)
        }
        return .other(text)
    }

    /// A bound that somebody has set to something else than a day, or an end that is one, is not moved.
    mutating func widen(to days: ClosedRange<Day>?, today: Day) {
        guard let days else { return }
        if case .day(let day) = first, days.lowerBound < day { first = .day(days.lowerBound) }
        if case .ahead(let ahead) = last, days.upperBound.number > today.number + ahead {
            last = .ahead(days.upperBound.number - today.number)
        }
    }

    func covers(_ days: ClosedRange<Day>?, today: Day) -> Bool {
        var wider = self
        wider.widen(to: days, today: today)
        return wider == self
    }

    var text: String {
        guard case .other(let whole) = first, last == .other("") else { return "\(text(first)),\(text(last))" }
        return whole
    }

    private func text(_ bound: Bound) -> String {
        switch bound {
        case .day(let day): day.text
        case .ahead(0): "NOW"
        case .ahead(let days): "NOW+\(days)DAYS"
        case .other(let text): text
        }
    }
}
