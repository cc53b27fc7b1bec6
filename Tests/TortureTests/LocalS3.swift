import Foundation
import TestParts

/// A real S3 and Glue server on 127.0.0.1 (ministack), with the bucket `ingestion` and the crawler `crawler`.
final class LocalS3: Sendable {
    let port: Int
    let scratch: URL
    private let process: LocalProcess

    var url: String { "http://127.0.0.1:\(port)" }

    init() throws {
        scratch = FileManager.default.temporaryDirectory.appendingPathComponent("torture-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        process = try LocalProcess(
            TestParts.path("venv/bin/python"), [Self.script("local_s3.py")],
            environment: ["SCRATCH": scratch.path, "PATH": "/usr/bin:/bin"])
        struct Ready: Decodable { var port: Int }
        let line = try process.line(containing: "\"port\"", within: 120)
        port = try JSONDecoder().decode(Ready.self, from: Data(line.utf8)).port
    }

    deinit {
        process.signal(SIGTERM)
        _ = try? process.exit(within: 10)
        try? FileManager.default.removeItem(at: scratch)
    }

    /// What must be stored of a topic-partition at last.
    struct Expected {
        var offsets: Range<Int>
        var holes: [Int] = []
    }

    /// What the independent reader found.
    struct Count: Decodable {
        var objects: Int
        var rows: Int
        var quarantined: Int
        var expected: Int
        /// By topic-partition, how many offsets are stored exactly once.
        var once: [String: Int]
        var wrong: [String]
        var wrongCount: Int
    }

    /// Reads every object of the bucket with a program that shares nothing with the function.
    func count(_ expected: [String: Expected]) throws -> Count {
        let file = scratch.appendingPathComponent("expected-\(UUID().uuidString).json")
        let lists = expected.mapValues { [$0.offsets.lowerBound, $0.offsets.upperBound, $0.holes] as [Any] }
        try JSONSerialization.data(withJSONObject: lists).write(to: file)
        let reader = try LocalProcess(
            TestParts.path("venv/bin/python"), [Self.script("count_offsets.py"), url, "ingestion", file.path],
            environment: ["PATH": "/usr/bin:/bin"])
        let exit = try reader.exit(within: 600)
        guard exit.code == 0 else { throw Failure(description: "the reader failed: \(reader.output(.error))") }
        return try JSONDecoder().decode(Count.self, from: Data(reader.output().utf8))
    }

    static func script(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(name).path
    }
}

struct Failure: Error, CustomStringConvertible { let description: String }
