import Foundation
import Kafka
import TestParts

/// A broker over TCP, and the tool's other commands against it.
final class Pipeline {
    let topic: String
    let broker: LocalProcess
    let servers: String
    let folder: URL
    private static let path = ["PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb"]

    /// The tool that the variable `LOCAL` names, otherwise the one built with the tests.
    private static func tool() throws -> String {
        try ProcessInfo.processInfo.environment["LOCAL"] ?? TestParts.product("local")
    }

    init(topic: String = "stock_market", partitions: Int) throws {
        self.topic = topic
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        broker = try LocalProcess(
            try Self.tool(), ["kafka", "--topic", "\(topic):\(partitions)"],
            environment: Self.path.merging(["XDG_RUNTIME_DIR": folder.path]) { $1 })
        servers = String(try broker.line(containing: "bootstrap.servers=").dropFirst("bootstrap.servers=".count))
    }

    /// The same broker, and commands about another topic.
    private init(_ other: Pipeline, topic: String) throws {
        self.topic = topic
        (broker, servers) = (other.broker, other.servers)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func misspelt(_ topic: String) throws -> Pipeline { try Pipeline(self, topic: topic) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Where `produce` writes what the broker confirmed.
    var sent: String { file("sent.jsonl") }

    func produce(_ count: Int, _ options: [String] = []) throws -> LocalProcess {
        try LocalProcess(
            try Self.tool(),
            ["produce", topic, "--bootstrap-servers", servers, "--count", "\(count)", "--record-to", sent] + options,
            environment: Self.path)
    }

    /// One of the tool's commands that need no broker.
    func local(_ arguments: [String], environment: [String: String]) throws -> LocalProcess {
        try LocalProcess(try Self.tool(), arguments, environment: Self.path.merging(environment) { $1 })
    }

    /// A mapping with the function's executable, unless the options name another one.
    func map(_ options: [String], environment: [String: String]) throws -> LocalProcess {
        let hasFunction = options.contains("--function") || options.contains("--function-name")
        let function = hasFunction ? [] : ["--function", try TestParts.bootstrap()]
        return try LocalProcess(
            try Self.tool(),
            [
                "map", topic, "--bootstrap-servers", servers, "--status-interval", "1", "--function-logs",
                file("function.log"),
            ]
                + ["--timeout", "60"] + function + options,
            environment: Self.path.merging(environment) { $1 })
    }

    /// Replays what lies in a bucket's on-failure destination.
    func replay(_ bucket: Bucket, _ more: [String: String] = [:]) throws -> LocalProcess {
        try LocalProcess(
            try Self.tool(),
            [
                "replay", "s3://\(bucket.name)", "--function", try TestParts.bootstrap(), "--timeout", "30",
                "--function-logs", file("function.log"),
            ],
            environment: Self.path.merging(try bucket.variables(more)) { $1 })
    }

    /// Sends records of the test's own making to partition 0; gives their offsets' end.
    func send(_ values: [[UInt8]], timestamp: (Int) -> Int64? = { _ in nil }) throws {
        let producer = try Producer([
            "bootstrap.servers": servers, "compression.type": "zstd", "message.max.bytes": "20000000",
        ])
        let delivered = Delivered()
        producer.onDelivery = { delivered.take($0) }
        for (number, value) in values.enumerated() {
            try producer.send(topic: topic, partition: 0, key: nil, value: value, timestamp: timestamp(number))
        }
        guard producer.flush(milliseconds: 30_000), delivered.errors.isEmpty else {
            throw WaitedInVain(description: "not delivered: \(delivered.errors.first ?? "in time")")
        }
        try delivered.lines.sorted { $0.offset < $1.offset }.map { $0.line + "\n" }.joined()
            .write(toFile: sent, atomically: true, encoding: .utf8)
    }

    private final class Delivered {
        var errors: [String] = []
        var lines: [(offset: Int64, line: String)] = []

        func take(_ delivery: Producer.Delivery) {
            if let error = delivery.error { errors.append("\(error)") }
            let value = Data(delivery.record.value ?? UnsafeRawBufferPointer(start: nil, count: 0))
                .base64EncodedString()
            let offset = delivery.record.offset
            lines.append(
                (offset, "{\"partition\":0,\"offset\":\(offset),\"key\":null,\"value\":\"\(value)\",\"headers\":[]}"))
        }
    }
}

extension LocalProcess {
    /// The function's processes: what `local map` has started.
    var sandboxes: [pid_t] { descendants }

    /// SIGTERM, and the end.
    func stop(within seconds: Double = 60) throws {
        signal(SIGTERM)
        try exit(within: seconds)
    }
}
