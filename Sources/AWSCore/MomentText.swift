import UTC

/// Moments as HTTP and AWS write them.
enum MomentText {
    /// `Mon, 23 Nov 2026 06:15:01 GMT` (RFC 9110 § 5.6.7), as `Date` and `Retry-After` carry it.
    /// The two obsolete forms are not read: no AWS service writes them.
    static func http(_ text: String) -> EpochMilliseconds? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        return moment(year: parts[3], month: month + 1, day: parts[1], time: parts[4])
    }

    /// `2026-11-23T06:15:01Z`, with or without a fraction of the second (RFC 3339, UTC only).
    static func rfc3339(_ text: String) -> EpochMilliseconds? {
        let halves = text.split(separator: "T")
        guard halves.count == 2, halves[1].last == "Z" else { return nil }
        let date = halves[0].split(separator: "-")
        guard date.count == 3, let month = Int(date[1]) else { return nil }
        return moment(
            year: date[0], month: month, day: date[2], time: halves[1].dropLast().prefix { $0 != "." })
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func moment(year: Substring, month: Int, day: Substring, time: Substring) -> EpochMilliseconds? {
        let clock = time.split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, let year = Int(year), let day = Int(day),
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        let seconds =
            daysSince1970(year: year, month: month, day: day) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
        return EpochMilliseconds(seconds) * 1000
    }
}
