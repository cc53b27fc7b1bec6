import Bytes

/// A moment split into the parts of the Gregorian calendar, UTC, without a time-zone database.
package struct CalendarTime: Equatable, Sendable {
    package var year: Int
    /// 1–12
    package var month: Int
    /// 1–31
    package var day: Int
    /// 0–23
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var millisecond: Int

    /// Any moment is fine, also one before 1970.
    /// The arithmetic is Howard Hinnant's `civil_from_days`: eras of 400 years that begin on 1 March.
    package init(_ moment: EpochMilliseconds) {
        let (days, rest) = floorDivide(moment, 86_400_000)
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
        month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = Int(rest / 3_600_000)
        minute = Int(rest / 60_000 % 60)
        second = Int(rest / 1000 % 60)
        millisecond = Int(rest % 1000)
    }

    /// `2026-11-23`
    package func appendDate(to buffer: ByteBuffer) {
        buffer.append(decimal: Int64(year), width: 4)
        buffer.append(UInt8(ascii: "-"))
        buffer.append(decimal: Int64(month), width: 2)
        buffer.append(UInt8(ascii: "-"))
        buffer.append(decimal: Int64(day), width: 2)
    }

    /// `2026-11-23T06:15:01.123Z` (RFC 3339)
    package func appendRFC3339(to buffer: ByteBuffer) {
        appendDate(to: buffer)
        for (separator, part, width) in [("T", hour, 2), (":", minute, 2), (":", second, 2), (".", millisecond, 3)] {
            buffer.append(separator)
            buffer.append(decimal: Int64(part), width: width)
        }
        buffer.append(UInt8(ascii: "Z"))
    }

    /// `20261123T061501Z`, the basic ISO 8601 form of `x-amz-date`; its first eight characters are the scope's date.
    package var basicISO8601: String {
        let buffer = ByteBuffer(capacity: 16)
        buffer.append(decimal: Int64(year), width: 4)
        for part in [month, day] { buffer.append(decimal: Int64(part), width: 2) }
        buffer.append(UInt8(ascii: "T"))
        for part in [hour, minute, second] { buffer.append(decimal: Int64(part), width: 2) }
        buffer.append(UInt8(ascii: "Z"))
        return buffer.text
    }
}
