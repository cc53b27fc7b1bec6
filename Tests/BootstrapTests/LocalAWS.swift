import Foundation
import TestParts
import Testing

/// A local AWS that checks every signature and enforces policies, one for all tests. See `local_aws.py`.
enum LocalAWS {
    struct Ready: Decodable {
        var port: Int
        var reader: Int
        var users: [String: Key]
    }

    struct Key: Decodable {
        var keyID: String
        var secret: String
        var token: String?
    }

    private static let started = Result { try start() }

    /// It takes seconds to start, and ends with the test process.
    private static func start() throws -> (process: LocalProcess, ready: Ready) {
        let process = try LocalProcess(
            try TestParts.path("venv/bin/python"), [file("local_aws.py").path],
            environment: ["PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory(), "PYTHONDONTWRITEBYTECODE": "1"])
        let line = try process.line(containing: "\"port\"", within: 60)
        return (process, try JSONDecoder().decode(Ready.self, from: Data(line.utf8)))
    }

    static func file(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(name)
    }

    static var endpoint: String { get throws { "http://127.0.0.1:\(try started.get().ready.port)" } }

    /// The variables that make the function act as `user`.
    static func credentials(_ user: String) throws -> [String: String] {
        guard let key = try started.get().ready.users[user] else { throw NotToBeHad(description: "a user \(user)") }
        var variables = ["AWS_ACCESS_KEY_ID": key.keyID, "AWS_SECRET_ACCESS_KEY": key.secret]
        variables["AWS_SESSION_TOKEN"] = key.token
        return variables
    }

    /// Asks the Python reader. `request` names what it is to do.
    static func ask<Answer: Decodable>(_ request: [String: Any], _: Answer.Type = Answer.self) throws -> Answer {
        let body = try JSONSerialization.data(withJSONObject: request)
        let answer = try TestParts.post(port: try started.get().ready.reader, "/", body: body)
        guard answer.status == 200 else { throw NotToBeHad(description: answer.text) }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
    }
}

/// A bucket, and a crawler of the same name, that no other test uses.
struct Bucket {
    let name: String

    init() throws {
        struct Made: Decodable { var name: String }
        name = try LocalAWS.ask(["do": "make"], Made.self).name
    }

    /// The function's variables for this bucket, without its crawler.
    func variables(_ more: [String: String] = [:], user: String = "role") throws -> [String: String] {
        ["INGESTION_BUCKET": name, "AWS_ENDPOINT_URL": try LocalAWS.endpoint]
            .merging(try LocalAWS.credentials(user)) { $1 }.merging(more) { $1 }
    }

    /// What is wrong with the bucket after `events`, by a reader in Python that shares no code with the function:
    /// empty where each record is there once, in its place, byte for byte.
    /// - Parameter settings: arguments of `stored.check`.
    private func faults(after events: [String], _ settings: [String: Any] = [:]) throws -> [String] {
        struct Found: Decodable { var wrong: [String] }
        let request = ["do": "check", "bucket": name, "events": events].merging(settings) { $1 } as [String: Any]
        return try LocalAWS.ask(request, Found.self).wrong
    }

    /// Fails the test, saying where and why, unless the bucket holds what `events` ask for and nothing else.
    func expect(_ events: [String], _ settings: [String: Any] = [:], at place: SourceLocation = #_sourceLocation) throws
    {
        let faults = try faults(after: events, settings)
        #expect(faults == [], sourceLocation: place)
    }

    /// Each key with the moment of its last writing: equal lists mean that nothing was written in between.
    func writings() throws -> [String] {
        struct Found: Decodable { var keys: [String] }
        return try LocalAWS.ask(["do": "keys", "bucket": name], Found.self).keys
    }

    func keys() throws -> [String] { try writings().map { $0.components(separatedBy: " \"")[0] } }

    /// How often the crawler was started. Its crawl ends when this is asked.
    func crawls() throws -> Int {
        struct Found: Decodable { var count: Int }
        return try LocalAWS.ask(["do": "crawls", "bucket": name], Found.self).count
    }

    func put(_ key: String, _ body: String) throws {
        struct Done: Decodable {}
        _ = try LocalAWS.ask(["do": "put", "bucket": name, "key": key, "body": body], Done.self)
    }
}

/// What a test needs could not be had.
struct NotToBeHad: Error, CustomStringConvertible {
    let description: String
}
