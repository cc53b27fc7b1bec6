import Foundation
import TestParts
import Testing

extension Bucket {
    private static let questions = TestParts.file("questions.py")

    /// The function's variables for this bucket, without its crawler.
    func variables(_ more: [String: String] = [:]) throws -> [String: String] { try variables(more, user: "role") }

    /// Fails the test, saying where and why, unless the bucket holds what `events` ask for and nothing else, by a
    /// reader in Python that shares no code with the function: each record once, in its place, byte for byte.
    /// - Parameter settings: arguments of `stored.check`.
    func expect(_ events: [String], _ settings: [String: Any] = [:], at place: SourceLocation = #_sourceLocation) throws
    {
        struct Found: Decodable { var wrong: [String] }
        let found: Found = try ask("check", settings.merging(["events": events]) { $1 }, of: Self.questions)
        #expect(found.wrong == [], sourceLocation: place)
    }

    /// Each key with the moment of its last writing: equal lists mean that nothing was written in between.
    func writings() throws -> [String] {
        struct Found: Decodable { var keys: [String] }
        return try ask("keys", of: Self.questions, Found.self).keys
    }

    func keys() throws -> [String] { try writings().map { $0.components(separatedBy: " \"")[0] } }

    /// How often the crawler was started. Its crawl ends when this is asked.
    func crawls() throws -> Int {
        struct Found: Decodable { var count: Int }
        return try ask("crawls", of: Self.questions, Found.self).count
    }

    func put(_ key: String, _ body: String) throws {
        _ = try ask("put", ["key": key, "body": body], of: Self.questions, LocalAWS.Nothing.self)
    }
}
