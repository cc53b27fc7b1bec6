import Foundation
import TestParts
import Testing

@testable import local

/// `local event`: lines become the event that Lambda would send.
@Suite struct EventCommandTests {
    private struct Event: Decodable, Equatable {
        var eventSource: String
        var eventSourceArn: String?
        var bootstrapServers: String
        var records: [String: [Record]]

        struct Record: Decodable, Equatable {
            var topic: String
            var partition: Int
            var offset: Int
            var timestamp: Int
            var timestampType: String
            var key: String?
            var value: String
            var headers: [[String: [Int]]]
        }
    }

    private func tool(_ arguments: [String], _ environment: [String: String] = [:]) throws -> LocalProcess {
        try LocalProcess(
            try ProcessInfo.processInfo.environment["LOCAL"] ?? TestParts.product("local"), arguments,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb"].merging(environment) { $1 })
    }

    private func run(_ lines: String, _ options: [String] = [], topic: String = "orders") throws -> (
        code: Int32?, output: String, error: String
    ) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("lines-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try lines.write(to: file, atomically: true, encoding: .utf8)
        let process = try tool(["event", "--topic", topic, file.path] + options)
        let code = try process.exit(within: 60).code
        return (code, process.output(), process.output(.error))
    }

    private func event(_ lines: String, _ options: [String] = [], topic: String = "orders") throws -> Event {
        let result = try run(lines, options, topic: topic)
        try #require(result.code == 0, "\(result.error)")
        return try JSONDecoder().decode(Event.self, from: Data(result.output.utf8))
    }

    private func text(_ base64: String?) -> String? {
        base64.flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `each line is a record, with what the options say of its place, time and key`() throws {
        let event = try event(
            "{\"id\": 1, \"at\": \"Börse\"}\r\n\n  \n{\"id\":{\"b\":2,\"a\":1}}\n{\"id\":null}\n{\"id\":\"x\"}",
            [
                "--partition", "7", "--start-offset", "5000", "--timestamp", "2026-11-21T12:00:00.5Z", "--key-field",
                "id",
            ])
        #expect(event.eventSource == "SelfManagedKafka" && event.eventSourceArn == nil)
        #expect(Array(event.records.keys) == ["orders-7"])
        let records = try #require(event.records["orders-7"])
        #expect(records.map(\.offset) == [5000, 5001, 5002, 5003])
        #expect(records.allSatisfy { $0.topic == "orders" && $0.partition == 7 && $0.timestampType == "CREATE_TIME" })
        #expect(records.allSatisfy { $0.timestamp == 1_795_262_400_500 && $0.headers.isEmpty })
        #expect(records.map { text($0.value) }.first == "{\"id\": 1, \"at\": \"Börse\"}")
        #expect(records.map { text($0.key) } == ["1", "{\"a\":1,\"b\":2}", nil, "x"])
    }

    @Test func `the same lines make the same event where a time is given, and an event of MSK where its ARN is`() throws
    {
        let options = ["--timestamp", "1795262400000", "--event-source-arn", "arn:aws:kafka:eu-west-1:1:cluster/c/u"]
        let (first, second) = (try event("{}\n", options), try event("{}\n", options))
        #expect(
            first == second && first.eventSource == "aws:kafka"
                && first.eventSourceArn?.hasSuffix("cluster/c/u") == true)
    }

    @Test func `without a time it is now`() throws {
        let before = Int(Date().timeIntervalSince1970 * 1000)
        let time = try #require(try event("{}\n").records["orders-0"]?.first?.timestamp)
        #expect(time >= before && time <= Int(Date().timeIntervalSince1970 * 1000))
    }

    @Test func `a line that is not a JSON object is let through, and named`() throws {
        let result = try run("{}\nno JSON\n[1]\n")
        #expect(
            result.code == 0
                && result.error.contains("2 values of 3, the first of them record 2, are not a JSON object"))
        #expect(result.output.contains(Data("no JSON".utf8).base64EncodedString()))
    }

    @Test(arguments: [
        (["--topic", "a/b"], "--topic must be"), (["--topic", ".."], "--topic must be"),
        (["--partition", "-1"], "--partition"),
        (["--start-offset", "-1"], "--start-offset"),
        (["--timestamp", "yesterday"], "--timestamp must be like 2026-11-21T12:00:00Z"),
        (["--timestamp", "253402300800000"], "up to the year 9999"),
        (["--timestamp=-1"], "--timestamp must be milliseconds"),
    ])
    func `what cannot be is refused by the option's name`(options: [String], sentence: String) throws {
        let topic = options[0] == "--topic" ? [] : ["--topic", "orders"]
        let process = try tool(["event"] + topic + options)
        #expect(try process.exit(within: 60).code == 64)
        #expect(process.output(.error).contains(sentence))
    }

    @Test func `no lines, a missing file and more than a batch holds end with the next step`() throws {
        let empty = try run("\n\n")
        #expect(empty.code == 1 && empty.error.contains("no lines in") && empty.output.isEmpty)
        let missing = try tool(["event", "--topic", "t", "/no/such/file"])
        #expect(try missing.exit(within: 60).code == 1)
        #expect(missing.output(.error).contains("/no/such/file cannot be read"))
        let many = try run(String(repeating: "{}\n", count: 10_001))
        #expect(many.code == 1 && many.error.contains("record 10001, in") && many.error.contains("split -l 10000"))
        let large = try run(String(repeating: "\"\(String(repeating: "x", count: 1_000_000))\"\n", count: 5))
        #expect(large.code == 1 && large.error.contains("record 5, in") && large.error.contains("split -l 4"))
    }

    @Test func `the function stores what it makes, and knows it when it comes again`() throws {
        let bucket = try Bucket()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("event-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try run("{\"id\":1}\n{\"id\":2}\n", ["--timestamp", "2026-11-21T12:00:00Z"])
        let file = folder.appendingPathComponent("event.json")
        try made.output.write(to: file, atomically: true, encoding: .utf8)
        let invoke = try tool(
            ["invoke", file.path, file.path, "--function", try TestParts.bootstrap(), "--timeout", "30"],
            try bucket.variables())
        #expect(try invoke.exit(within: 60).code == 0, "\(invoke.output(.error))")
        #expect(try bucket.partitions().values.reduce(0, +) == 2)
        #expect(invoke.output(.error).contains("alreadyStored=2"))
    }
}

/// What the tool shows of the function's log, and of its own commands.
@Suite struct ShownTests {
    @Test(arguments: [
        ("time=2026-11-25T09:00:00.000Z level=ERROR msg=\"not stored\"", FunctionLog.Severity.error),
        (#"{"timestamp":"x","level":"FATAL","message":"m"}"#, .error), ("[ERROR] ValueError: x", .error),
        ("2026-11-25T09:00:00.000Z\tabc\tERROR\tx", .error), ("Traceback (most recent call last):", .error),
        ("RequestId: x Error: Task timed out after 3.00 seconds", .error),
        ("time=2026-11-25T09:00:00.000Z level=WARN msg=quarantined", .warning), (#"{"level":"WARN"}"#, .warning),
        ("time=2026-11-25T09:00:00.000Z level=INFO msg=batch errors=0", .other),
        ("REPORT RequestId: x\tDuration: 1.00 ms", .other), (#"{"_aws":{},"Error":1}"#, .other),
    ])
    func `an error in the function's log is told from the rest`(line: String, severity: FunctionLog.Severity) {
        #expect(FunctionLog.severity(of: line) == severity)
    }

    @Test(arguments: ["kafka", "produce", "map", "event", "invoke", "replay", "errors", "verify"])
    func `help shows each command as it is typed`(command: String) throws {
        let help = Local.helpMessage(
            for: try #require(Local.configuration.subcommands.first { $0._commandName == command }))
        #expect(help.contains("USAGE: ./build.sh local \(command) "))
        #expect(!help.contains("`local "))
    }
}
