import Foundation
import TestParts

struct NotToBeHad: Error, CustomStringConvertible {
    let description: String
}

/// S3 that enforces policies, and the reader of what it holds, one for all tests. See `local_store.py`.
enum LocalStore {
    private struct Ready: Decodable {
        var port: Int
        var reader: Int
    }

    private static let started = Result { try start() }

    private static func start() throws -> (process: LocalProcess, ready: Ready) {
        let process = try LocalProcess(
            try TestParts.path("venv/bin/python"), [file("local_store.py")],
            environment: ["PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory(), "PYTHONDONTWRITEBYTECODE": "1"])
        let line = try process.line(containing: "\"port\"", within: 90)
        return (process, try JSONDecoder().decode(Ready.self, from: Data(line.utf8)))
    }

    static func file(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(name).path
    }

    static var endpoint: String { get throws { "http://127.0.0.1:\(try started.get().ready.port)" } }

    static func ask<Answer: Decodable>(_ request: [String: Any], _: Answer.Type = Answer.self) throws -> Answer {
        let body = try JSONSerialization.data(withJSONObject: request)
        let answer = try TestParts.post(port: try started.get().ready.reader, "/", body: body)
        guard answer.status == 200 else { throw NotToBeHad(description: answer.text) }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
    }
}

/// A bucket, and a user who may write to it, that no other test uses.
struct Bucket {
    private struct Made: Decodable {
        var name: String
        var user: String
        var keyID: String
        var secret: String
    }
    private struct Nothing: Decodable {}
    private let made: Made

    init() throws { made = try LocalStore.ask(["do": "make"]) }

    var name: String { made.name }

    /// The function's variables for this bucket.
    func variables(_ more: [String: String] = [:]) throws -> [String: String] {
        [
            "INGESTION_BUCKET": name, "AWS_ENDPOINT_URL": try LocalStore.endpoint, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": made.keyID, "AWS_SECRET_ACCESS_KEY": made.secret, "RECORD_METADATA": "kafka",
        ].merging(more) { $1 }
    }

    /// From now on writing to keys that match these patterns is denied; none mends it.
    func deny(_ patterns: [String]) throws {
        let resources = patterns.map { "arn:aws:s3:::\(name)/\($0)" }
        _ = try LocalStore.ask(["do": "deny", "user_name": made.user, "resources": resources], Nothing.self)
    }

    struct Comparison: Decodable {
        var wrong: [String]
        var count: Int
    }

    /// What is wrong with the bucket: empty where each record of the file `sent` is there once, as sent, in order.
    func comparison(with sent: String, topic: String = "stock_market", without: [[Int64]] = []) throws -> Comparison {
        try LocalStore.ask(["do": "compare", "bucket": name, "sent": sent, "topic": topic, "without": without])
    }

    /// How many records are stored of each partition.
    func partitions() throws -> [String: Int] {
        struct Found: Decodable { var counts: [String: Int] }
        return try LocalStore.ask(["do": "partitions", "bucket": name], Found.self).counts
    }

    func remove(_ key: String) throws {
        _ = try LocalStore.ask(["do": "remove", "bucket": name, "key": key], Nothing.self)
    }

    func copy(_ key: String, to copy: String) throws {
        _ = try LocalStore.ask(["do": "copy", "bucket": name, "key": key, "to": copy], Nothing.self)
    }

    func objects(under prefix: String) throws -> [String: String] {
        struct Found: Decodable { var objects: [String: String] }
        return try LocalStore.ask(["do": "objects", "bucket": name, "prefix": prefix], Found.self).objects
    }
}
