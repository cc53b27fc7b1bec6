import Testing
import UTC

@testable import Ingestion

@Suite("An object's key")
struct ObjectLayoutTests {
    private func key(
        _ topic: String, _ timestamp: EpochMilliseconds, _ partition: ObjectLayout.TimePartition = .hour,
        _ content: ObjectContent = .rows
    ) -> String {
        let layout = ObjectLayout(
            rowsPrefix: "topics", errorsPrefix: "errors", timePartition: partition)
        let name = TopicPartition(topic: topic, partition: 7)
        return layout.folder(of: topic, TimePeriod(of: timestamp, partition), content) + layout.namePrefix(of: name)
            + ObjectLayout.digits(42) + ".json.gz"
    }

    @Test("names topic, hour of the record, partition and first offset")
    func usual() {
        #expect(
            key("stock_market", 1_545_084_650_987)
                == "topics/stock_market/dt=2018-12-17/hour=22/stock_market+7+00000000000000000042.json.gz")
        #expect(key("a", 0, .day, .errors) == "errors/a/dt=1970-01-01/a+7+00000000000000000042.json.gz")
        #expect(key("a", 0, .none) == "topics/a/a+7+00000000000000000042.json.gz")
    }

    @Test(
        "stays within the prefix and one Hive column a folder, whatever the topic is called",
        arguments: [
            ("a-b.c_d", "a-b.c_d/", "a-b.c_d+"), ("..", "%2E%2E/", "%2E%2E+"), (".", "%2E/", "%2E+"),
            ("../x", "..%2Fx/", "%2E.%2Fx+"),
            ("a b+c=d", "a b+c%3Dd/", "a b+c%3Dd+"), ("börse", "börse/", "börse+"), ("100%", "100%25/", "100%25+"),
            ("_schemas", "_schemas/", "%5Fschemas+"), (".hidden", ".hidden/", "%2Ehidden+"),
            ("a\nb", "a%0Ab/", "a%0Ab+"),
            ("_\u{301}a", "_\u{301}a/", "%5F\u{301}a+"),
        ])
    func hostile(topic: String, folder: String, file: String) {
        #expect(key(topic, 0, .none) == "topics/\(folder)\(file)7+00000000000000000042.json.gz")
    }

    @Test(
        "holds a date of four-digit years, whatever the timestamp",
        arguments: [
            (Int64(-1), "dt=1969-12-31/hour=23"), (.min, "dt=0001-01-01/hour=00"), (.max, "dt=9999-12-31/hour=23"),
            (3_599_999, "dt=1970-01-01/hour=00"), (3_600_000, "dt=1970-01-01/hour=01"),
        ])
    func dates(timestamp: Int64, folder: String) {
        #expect(key("t", timestamp).hasPrefix("topics/t/\(folder)/"))
    }
}
