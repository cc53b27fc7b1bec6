import Bytes
import UTC

/// A day of the calendar, UTC, as the folders by day have it.
struct Day: Comparable, Hashable, Sendable {
    /// Days since 1970-01-01.
    var number: Int

    init(number: Int) { self.number = number }

    init(of moment: EpochMilliseconds) {
        number = Int(floorDivide(moment, 86_400_000).quotient)
    }

    /// - Parameter text: `2026-11-24`
    /// - Returns: `nil` where it is no date of the years 1 to 9999.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1
        else { return nil }
        number = daysSince1970(year: year, month: month, day: day)
        // Thirtieths of February come back as another day.
        guard self.text == text else { return nil }
    }

    var text: String {
        let buffer = ByteBuffer(capacity: 16)
        CalendarTime(EpochMilliseconds(number) * 86_400_000).appendDate(to: buffer)
        return buffer.text
    }

    static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}
