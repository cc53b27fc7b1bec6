import Bytes
import Foundation
import Testing
import UTC

@Suite("A moment in the calendar")
struct CalendarTimeTests {
    @Test("is what Foundation's Gregorian calendar says, from year 1 to 9999")
    func agreesWithFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        // Foundation changes to the Julian calendar before October 1582; a day of every 17 since is enough.
        for day in stride(from: Int64(-141_000), to: 2_932_896, by: 17) {
            let moment = day * 86_400_000 + 86_399_999
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(day) * 86_400 + 86_399))
            let time = CalendarTime(moment)
            #expect([time.year, time.month, time.day, time.hour] == [parts.year, parts.month, parts.day, parts.hour])
        }
    }

    @Test(
        "is written as RFC 3339 and as AWS dates its requests",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z", "19700101T000000Z"),
            (-1, "1969-12-31T23:59:59.999Z", "19691231T235959Z"),
            (1_545_084_650_987, "2018-12-17T22:10:50.987Z", "20181217T221050Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z", "20000229T000000Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z", "00010101T000000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z", "99991231T235959Z"),
        ])
    func written(moment: Int64, rfc3339: String, basic: String) {
        let buffer = ByteBuffer()
        CalendarTime(moment).appendRFC3339(to: buffer)
        #expect(buffer.text == rfc3339)
        #expect(CalendarTime(moment).basicISO8601 == basic)
    }

    @Test("survives the ends of 64 bits", arguments: [Int64.min, Int64.max])
    func extremes(moment: Int64) {
        #expect((1...12).contains(CalendarTime(moment).month))
    }
}
