import Foundation
import TestParts
import Testing

/// S3 and a strict Glue on 127.0.0.1, and a reader that takes tables as Athena does. See `lake.py`.
///
/// It takes seconds to start, is one for all tests, and ends with their process; each test has a bucket and a database
/// of its own, of the same name.
struct Lake: Sendable {
    private struct Ready: Decodable, Sendable {
        var s3: Int
        var glue: Int
        var questions: Int
    }

    private static let server = Result { try PythonServer<Ready>(TestParts.file("lake.py")) }

    let name = "lake-\(UUID().uuidString.prefix(13).lowercased())"

    init() throws { _ = try ask("make", ["bucket": name], Nothing.self) }

    static var ports: (s3: Int, glue: Int) {
        get throws { (try server.get().ready.s3, try server.get().ready.glue) }
    }

    /// The function's variables for this bucket and database.
    func variables(_ more: [String: String] = [:]) throws -> [String: String] {
        let ports = try Self.ports
        return [
            "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(ports.s3)",
            "AWS_ENDPOINT_URL_GLUE": "http://127.0.0.1:\(ports.glue)",
            "INGESTION_BUCKET": name, "CATALOG": "glue", "GLUE_DATABASE": name,
        ].merging(more) { $1 }
    }

    struct Findings: Decodable {
        var wrong: [String]
        /// Rows of all tables together.
        var rows: Int
        var quarantined: Int
        /// Each table's columns, by name.
        var columns: [String: [String: String]]
        /// Members that no column shows although they hold something.
        var columnless: [String]
    }

    /// Reads all that is in the bucket through the tables.
    /// - Parameters:
    ///   - meanwhile: objects are still being written.
    ///   - partitions: as those read who see only registered partitions.
    func findings(meanwhile: Bool = false, partitions: Bool = false) throws -> Findings {
        try ask("check", ["bucket": name, "meanwhile": meanwhile, "partitions": partitions])
    }

    /// Fails the test unless every line of every object is a row of its table that shows all that the line holds, and
    /// was so from the moment when the object was written.
    /// - Parameter columnless: names of members that no column may show.
    @discardableResult
    func expectReadable(
        rows: Int? = nil, columnless: Set<String> = [], at place: SourceLocation = #_sourceLocation
    ) throws -> Findings {
        let found = try findings()
        #expect(found.wrong == [], sourceLocation: place)
        #expect(columnless.isSuperset(of: found.columnless), sourceLocation: place)
        if let rows { #expect(found.rows == rows, sourceLocation: place) }
        return found
    }

    /// What the function asked of Glue about this database so far, in order.
    func actions() throws -> [String] {
        struct Found: Decodable { var actions: [String] }
        return try ask("actions", ["database": name], Found.self).actions
    }

    /// Requests that Glue refused although no fault was asked for.
    func refusals() throws -> [String] {
        struct Found: Decodable { var wrong: [String] }
        return try ask("refusals", ["database": name], Found.self).wrong
    }

    /// What goes wrong at Glue from now on, for this database: see `Faults` in `glue_server.py`.
    func strike(_ faults: [[String: Any]]) throws {
        _ = try ask("faults", ["database": name, "due": faults], Nothing.self)
    }

    /// An event of records that are computed from their offsets.
    func event(_ parts: [(topic: String, partition: Int, offsets: Range<Int>)]) throws -> String {
        struct Found: Decodable { var event: String }
        let list = parts.map {
            [$0.topic, $0.partition, $0.offsets.lowerBound, $0.offsets.upperBound] as [Any]
        }
        return try ask("event", ["parts": list], Found.self).event
    }

    /// Events of all values in files of the fuzzer's.
    func events(of folders: [URL]) throws -> [String] {
        struct Found: Decodable { var events: [String] }
        return try ask("kept", ["folders": folders.map(\.path)], Found.self).events
    }

    func definition(_ table: String) throws -> NSDictionary {
        struct Found: Decodable { var text: String }
        let text = try ask("definition", ["database": name, "table": table], Found.self).text
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }

    /// Changes a table as people do.
    func edit(_ table: String, _ changes: [String: Any]) throws {
        _ = try ask("edit", changes.merging(["database": name, "table": table]) { $1 }, Nothing.self)
    }

    func create(_ table: [String: Any]) throws {
        _ = try ask("create", ["database": name, "table": table], Nothing.self)
    }

    struct Nothing: Decodable {}

    private func ask<Answer: Decodable>(
        _ function: String, _ arguments: [String: Any], _: Answer.Type = Answer.self
    ) throws -> Answer {
        let body = try JSONSerialization.data(withJSONObject: arguments.merging(["function": function]) { $1 })
        let answer = try TestParts.post(port: try Self.server.get().ready.questions, "/", body: body)
        guard answer.status == 200 else { throw WaitedInVain(description: answer.text) }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
    }
}

extension Sandbox {
    convenience init(_ lake: Lake, _ more: [String: String] = [:]) throws { try self.init(lake.variables(more)) }

    /// What became of the table, by the line of summary.
    func catalog(_ reply: Reply) throws -> String? {
        let line = try process.line(
            containing: "\"message\":\"batch\",\"logger\":\"bootstrap\",\"requestId\":\"\(reply.id)\"")
        return (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)?["catalog"] as? String
    }
}

/// An event of one partition, of values that the test writes.
enum Event {
    /// 2026-11-21T12:00:00Z
    static let noon = 1_795_262_400_000

    static func of(
        _ values: [String], topic: String = "prices", from first: Int = 0, at timestamp: Int = Event.noon
    ) throws -> String {
        let records = values.enumerated().map { number, value in
            [
                "topic": topic, "partition": 0, "offset": first + number, "timestamp": timestamp,
                "timestampType": "CREATE_TIME", "headers": [] as [Any], "key": NSNull(),
                "value": Data(value.utf8).base64EncodedString(),
            ] as [String: Any]
        }
        let event: [String: Any] = [
            "eventSource": "aws:kafka", "eventSourceArn": "arn:aws:kafka:eu-central-1:000000000000:cluster/c/1",
            "bootstrapServers": "b-1:9092", "records": ["\(topic)-0": records],
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: event), as: UTF8.self)
    }

    static func sample(_ name: String) throws -> String {
        try String(contentsOf: TestParts.file("../../events/\(name).json"), encoding: .utf8)
    }

    static func made(_ arguments: String...) throws -> String {
        String(
            decoding: try TestParts.output(ofPython: TestParts.file("../../events/make-batch.py"), arguments),
            as: UTF8.self)
    }
}
