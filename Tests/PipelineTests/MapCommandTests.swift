import EventSourceMapping
import Foundation
import Kafka
import TestParts
import Testing

@testable import local

/// `local map` as a person or a script meets it.
@Suite struct MapCommandTests {
    private func tool() throws -> String {
        try ProcessInfo.processInfo.environment["LOCAL"] ?? TestParts.product("local")
    }

    /// A folder that goes with the test.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("map-\(UUID().uuidString)")
        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }
        func file(_ name: String) -> String { url.appendingPathComponent(name).path }
    }

    private func map(_ broker: KafkaBroker, _ folder: Folder, topic: String = "orders", _ options: [String]) throws
        -> LocalProcess
    {
        try LocalProcess(
            try tool(),
            [
                "map", topic, "--bootstrap-servers", broker.servers, "--function", TestParts.file("recorder.py").path,
                "--function-logs", "none", "--status-interval", "1",
            ] + options,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb", "RECORDER_FILE": folder.file("events"),
            ])
    }

    @Test(arguments: ["nan", "inf", "-inf", "1e300", "-1e300", "-1", "253402300800"])
    func `a starting timestamp that is no moment is refused`(timestamp: String) throws {
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        let mapping = try map(
            broker, folder, ["--starting-position", "AT_TIMESTAMP", "--starting-position-timestamp=\(timestamp)"])
        #expect(try mapping.exit().code == 64)
        #expect(mapping.output(.error).contains("--starting-position-timestamp must be seconds since 1970"))
    }

    @Test func `a starting timestamp is rounded to its millisecond`() throws {
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        // 1.001 * 1000 is 1000.9999999999999.
        broker.append((999...1003).map { KafkaBroker.Record("{}", timestamp: $0) }, to: "orders")
        let mapping = try map(
            broker, folder,
            ["--starting-position", "AT_TIMESTAMP", "--starting-position-timestamp", "1.001", "--exit-when-idle", "1"])
        #expect(try mapping.exit(within: 60).code == 0, "\(mapping.output(.error))")
        #expect(mapping.output(.error).contains("3 records acknowledged in 1 invocation,"))
    }

    @Test func `records that were given up make an error, without the command's usage`() throws {
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        broker.append([KafkaBroker.Record("poison", timestamp: 1_795_300_000_000)], to: "orders")
        let mapping = try map(broker, folder, ["--maximum-retry-attempts", "0", "--exit-when-idle", "1"])
        #expect(try mapping.exit(within: 60).code == 1)
        let text = mapping.output(.error)
        #expect(text.contains("RetryAttemptsExhausted: 1 record is lost, as Lambda would lose it without"))
        #expect(text.contains("Error: 1 record was discarded"))
        #expect(!text.contains("Usage:"))
    }

    @Test func `a missing topic ends an idle mapping with an error that names it`() throws {
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        let mapping = try map(broker, folder, topic: "odrers", ["--exit-when-idle", "1"])
        #expect(try mapping.exit(within: 60).code == 1)
        #expect(mapping.output(.error).contains("Error: not everything could be read: the broker has no topic odrers"))
    }

    @Test func `a broker that goes away ends an idle mapping with an error`() throws {
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        let mapping = try map(broker, folder, ["--exit-when-idle", "4"])
        try mapping.line(containing: "assigned: orders-0", on: .error, within: 60)
        broker.stop()
        #expect(try mapping.exit(within: 90).code == 1)
        // What it says after that depends on what it was about: asking the broker, or committing.
        #expect(mapping.output(.error).contains("Error: not everything could be read: "))
    }

    @Test func `two signals at once are one wish, and the batch in flight is finished`() throws {
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        broker.append([KafkaBroker.Record("slow", timestamp: 1_795_300_000_000)], to: "orders")
        let mapping = try map(broker, folder, [])
        try broker.wait("the start") { _ in FileManager.default.fileExists(atPath: folder.file("events.slow")) }
        // As `timeout` does: the process, then its group.
        mapping.signal(SIGTERM)
        mapping.signal(SIGTERM)
        #expect(try mapping.exit(within: 60).code == 0, "\(mapping.output(.error))")
        #expect(broker.committed("orders") == 1)
    }

    @Test func `what was never invoked carries no other batch's request id`() throws {
        struct Failure: Decodable {
            struct Context: Decodable {
                var requestId: String
                var approximateInvokeCount: Int
            }
            var requestContext: Context
        }
        let (broker, folder) = (try KafkaBroker(topics: ["orders": 1]), try Folder())
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        broker.append([KafkaBroker.Record("{}", timestamp: now)], to: "orders")
        broker.append([KafkaBroker.Record("{}", timestamp: now - 3_600_000)], to: "orders")
        let mapping = try map(
            broker, folder,
            [
                "--batch-size", "1", "--maximum-record-age-in-seconds", "60", "--exit-when-idle", "1",
                "--on-failure-destination", folder.file("failures"),
            ])
        #expect(try mapping.exit(within: 60).code == 1)
        let lines = try String(contentsOfFile: folder.file("failures"), encoding: .utf8).split(separator: "\n")
        let failure = try JSONDecoder().decode(Failure.self, from: Data(try #require(lines.first).utf8))
        #expect(failure.requestContext.approximateInvokeCount == 0)
        #expect(failure.requestContext.requestId == "")
    }

    @Test(arguments: [59, 79, 119])
    func `no figure of the display is cut off, however narrow the terminal is`(width: Int) {
        var now = MappingStatistics.Snapshot()
        (now.acknowledged, now.discarded, now.errors, now.invocations) = (12_345_678, 4_321, 987, 123_456)
        for partition in 0..<6 {
            now.lag[TopicPartition(topic: "stock_market", partition: Int32(partition))] = .max / 2
        }
        let configuration = MappingConfiguration(
            topics: ["stock_market"], eventSource: .selfManaged, bootstrapServers: "b:9092", consumerGroupID: "local",
            startingPosition: .earliest, settings: [:], mappingID: "m",
            functionARN: "arn:aws:lambda:x:1:function:function")
        let lines = MappingDisplay.lines(now, (98_765, 87_654, 12.3), configuration, seconds: 90, width: width)
        #expect(lines.allSatisfy { $0.count <= width })
        let text = lines.joined(separator: "\n")
        for figure in [
            "acknowledged 12,345,678", "discarded 4,321", "errors 987", "lag       9,223,372,036,854,775,807",
        ] {
            #expect(text.contains(figure), "\(figure) is not in \(text)")
        }
    }
}
