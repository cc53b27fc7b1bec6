import Bytes
import UTC

/// A day of the calendar, UTC, as the folders by day have it.
struct Day: Comparable, Hashable, Sendable {
    /// Days since 1970-01-01.
    var number: Int

    init(number: Int) { self.number = number }

    init(of moment: EpochMilliseconds) {
        let (days, rest) = moment.quotientAndRemainder(dividingBy: 86_400_000)
        number = Int(days) - (rest < 0 ? 1 : 0)
    }

    /// - Parameter text: `2026-11-24`
    /// - Returns: `nil` where it is no date of the years 1 to 9999.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1
        else { return nil }
        number = Self.number(year, month, day)
        // Thirtieths of February come back as another day.
        guard self.text == text else { return nil }
    }

    /// Howard Hinnant's `days_from_civil`, for the years from 1 on.
    private static func number(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = year.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    var text: String {
        let buffer = ByteBuffer(capacity: 16)
        CalendarTime(EpochMilliseconds(number) * 86_400_000).appendDate(to: buffer)
        return buffer.text
    }

    static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}
