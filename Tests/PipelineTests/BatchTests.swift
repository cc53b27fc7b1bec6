import Foundation
import TestParts
import Testing

@Suite struct BatchTests {
    /// What `recorder.py` writes down of each event.
    struct Event: Decodable {
        var size: Int
        var failed: Bool
        var offsets: [Int64]
        var eventSource: String
        var eventSourceArn: String?
        var bootstrapServers: String
        var records: [Record]?

        struct Record: Decodable {
            var topic: String
            var partition: Int
            var offset: Int64
            var timestamp: Int64
            var timestampType: String
            var key: String?
            var value: String?
            var headers: [[String: [Int]]]
        }
    }

    /// Runs a mapping with the recorder until nothing is left to read, and gives the events in order.
    private func events(of pipeline: Pipeline, _ options: [String], code: Int32 = 0) throws -> [Event] {
        let mapping = try pipeline.map(
            ["--function", TestParts.file("recorder.py").path, "--exit-when-idle", "2"] + options,
            environment: ["RECORDER_FILE": pipeline.file("events")])
        #expect(try mapping.exit(within: 90).code == code, "\(mapping.output(.error))")
        let lines = try String(contentsOfFile: pipeline.file("events"), encoding: .utf8).split(separator: "\n")
        return try lines.map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
    }

    @Test func `a batch has as many records as the batch size says`() throws {
        let pipeline = try Pipeline(partitions: 1)
        try pipeline.send((0..<100).map { Array("{\"n\":\($0)}".utf8) })
        let events = try events(of: pipeline, ["--batch-size", "7", "--maximum-batching-window-in-seconds", "5"])
        #expect(events.map(\.offsets.count) == Array(repeating: 7, count: 14) + [2])
        #expect(events.flatMap(\.offsets) == Array(0..<100))
    }

    @Test func `the window gathers what comes within it`() throws {
        let pipeline = try Pipeline(partitions: 1)
        try pipeline.send((0..<20).map { Array("{\"n\":\($0)}".utf8) })
        let events = try events(of: pipeline, ["--batch-size", "1000", "--maximum-batching-window-in-seconds", "2"])
        #expect(events.map(\.offsets) == [Array(0..<20)])
    }

    @Test func `an event stays below 6 MB, and a record that cannot is given up`() throws {
        let pipeline = try Pipeline(partitions: 1)
        // 900,000 bytes are 1,200,000 in base64: five to an event.
        var values = (0..<12).map { [UInt8](repeating: UInt8(65 + $0), count: 900_000) }
        values.insert([UInt8](repeating: 48, count: 5_000_000), at: 6)
        try pipeline.send(values)
        let events = try events(
            of: pipeline,
            ["--maximum-batching-window-in-seconds", "1", "--on-failure-destination", pipeline.file("failures")],
            code: 1)
        #expect(events.allSatisfy { $0.size <= 6_291_556 })
        #expect(events.flatMap(\.offsets) == [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])
        #expect(events.map(\.offsets.count).max() == 5)
        let failure = try failures(String(contentsOfFile: pipeline.file("failures"), encoding: .utf8))
        #expect(failure.map(\.condition) == ["MaximumPayloadSizeExceeded"])
        #expect(failure.first?.offsets == [6])
    }

    @Test func `an event has the form that the source's documentation shows`() throws {
        let pipeline = try Pipeline(topic: "odd-1.x", partitions: 1)
        try pipeline.produce(5, ["--rate", "0", "--headers", "--awkward-every", "2"]).exit(within: 30)
        let arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/example/751d2973-a626-431c-9d4e-d7975eb44dd7-2"
        let event = try #require(try events(of: pipeline, ["--event-source-arn", arn]).first)
        #expect(event.eventSource == "aws:kafka")
        #expect(event.eventSourceArn == arn)
        #expect(event.bootstrapServers == pipeline.servers)
        let records = try #require(event.records)
        #expect(records.map(\.value).map { $0 == nil } == [false, true, false, false, false])
        #expect(records[3].value == Data("not JSON, 000001.SS".utf8).base64EncodedString())
        #expect(records[0].key == Data("NYA".utf8).base64EncodedString())
        #expect(records[0].headers == [["source": [66, -61, -74, 114, 115, 101]], ["sequence": [48]]])
        #expect(records.allSatisfy { $0.topic == "odd-1.x" && $0.partition == 0 && $0.timestampType == "CREATE_TIME" })
        #expect(records.allSatisfy { $0.timestamp > 1_700_000_000_000 })
    }

    @Test func `a poison record ends in the on-failure destination and nowhere else`() throws {
        let pipeline = try Pipeline(partitions: 1)
        let bucket = try Bucket()
        // One hour's folder cannot be written: the function fails on the record that belongs there, and on it alone.
        try bucket.deny(["topics/*/dt=2001-09-09/*"])
        try pipeline.send(
            (0..<300).map { Array("{\"n\":\($0)}".utf8) },
            timestamp: { $0 == 77 ? 1_000_000_000_000 : 1_795_300_000_000 })
        let mapping = try pipeline.map(
            [
                "--bisect-batch-on-function-error", "--maximum-retry-attempts", "1", "--exit-when-idle", "2",
                "--on-failure-destination", "s3://\(bucket.name)",
            ],
            environment: try bucket.variables())
        // A record was given up, and whoever started this is to know.
        #expect(try mapping.exit(within: 90).code == 1)

        let comparison = try bucket.comparison(with: pipeline.sent, without: [[0, 77]])
        #expect(comparison.wrong == [])
        #expect(comparison.count == 299)
        let objects = try bucket.objects(under: "aws/lambda/")
        let failure = try #require(try failures(objects.values.joined(separator: "\n")).first)
        #expect(objects.count == 1)
        #expect(objects.keys.first?.contains("/stock_market-0/20") == true)
        #expect(failure.condition == "RetryAttemptsExhausted")
        #expect(failure.offsets == [77])
    }

    private func failures(_ lines: String) throws -> [(condition: String, offsets: [Int64])] {
        struct Failure: Decodable {
            var requestContext: Context
            var KafkaBatchInfo: Info
            var payload: String
            var version: String
            struct Context: Decodable { var condition: String }
            struct Info: Decodable {
                var batchSize: Int
                var payloadSize: Int
            }
        }
        struct Payload: Decodable {
            var records: [String: [Record]]
            struct Record: Decodable { var offset: Int64 }
        }
        return try lines.split(separator: "\n").map { line in
            let failure = try JSONDecoder().decode(Failure.self, from: Data(line.utf8))
            let payload = try JSONDecoder().decode(Payload.self, from: Data(failure.payload.utf8))
            let offsets = payload.records.values.flatMap { $0.map(\.offset) }
            #expect(failure.version == "1.0")
            #expect(failure.KafkaBatchInfo.batchSize == offsets.count)
            #expect(failure.KafkaBatchInfo.payloadSize == failure.payload.utf8.count)
            return (failure.requestContext.condition, offsets)
        }
    }
}
