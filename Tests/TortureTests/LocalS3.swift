import Foundation
import TestParts

/// A real S3 and Glue server on 127.0.0.1 (ministack), with the bucket `ingestion` and the crawler `crawler`.
final class LocalS3: Sendable {
    private struct Ready: Decodable { var port: Int }

    let scratch: URL
    private let server: PythonServer<Ready>

    var port: Int { server.ready.port }

    var url: String { "http://127.0.0.1:\(port)" }

    init() throws {
        scratch = FileManager.default.temporaryDirectory.appendingPathComponent("torture-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        server = try PythonServer(TestParts.file("local_s3.py"))
    }

    deinit {
        server.process.signal(SIGTERM)
        _ = try? server.process.exit(within: 10)
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
        let script = TestParts.file("count_offsets.py")
        return try JSONDecoder().decode(
            Count.self, from: TestParts.output(ofPython: script, [url, "ingestion", file.path], within: 600))
    }
}

struct Failure: Error, CustomStringConvertible { let description: String }
