import Foundation
import TestParts
import Testing

/// What the function writes to CloudWatch Logs.
@Suite struct `The log` {
    private static let secrets = ["s3cr3t/of+the=test", "t0k3n-of-the-test"]
    private static let contents = ["private-value", "private-key"]

    /// One batch that is stored, one that is refused with an answer that repeats what was signed, one that is no event.
    private func run(_ format: String) throws -> Sandbox {
        let store = try ScriptedStore { request in
            guard request.method == "PUT", request.target.contains("00005") else { return nil }
            return .respond(
                403, body: """
                    <Error><Code>SignatureDoesNotMatch</Code><Message>It does not match x-amz-security-token:\
                    \(Self.secrets[1])</Message><StringToSign>\(Self.secrets[1])</StringToSign></Error>
                    """)
        }
        let sandbox = try Sandbox(
            store,
            [
                "AWS_LAMBDA_LOG_FORMAT": format, "AWS_LAMBDA_LOG_LEVEL": "TRACE", "CRAWLER_NAME": "c",
                "AWS_ENDPOINT_URL_GLUE": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "2",
                "AWS_SECRET_ACCESS_KEY": Self.secrets[0], "AWS_SESSION_TOKEN": Self.secrets[1],
            ])
        let value = "{\"a\":\"private-value\"}"
        let stored = try sandbox.invoke(Event.msk([Record(0, key: "private-key", value: value), Record(1, value: "private-value")]))
        #expect(!stored.isError)
        let refused = try sandbox.invoke(Event.msk([Record(5, key: "private-key", value: value)]))
        #expect(refused.isError)
        let unreadable = try sandbox.invoke("{\"records\":{\"a-0\":[{\"topic\":\"a\",\"value\":\"private-value")
        for part in Self.secrets + Self.contents {
            for reply in [refused, unreadable] { #expect(!reply.text.contains(part)) }
        }
        sandbox.process.signal(SIGTERM)
        try sandbox.process.exit()
        return sandbox
    }

    /// Its lines, without those of metrics, which have a format of their own.
    private func logged(_ format: String) throws -> [String] {
        try run(format).process.lines().filter { !$0.contains("\"_aws\"") }
    }

    @Test func `is JSON, a whole object a line, with level, time and request`() throws {
        let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#
        let lines = try logged("JSON")
        #expect(lines.count >= 5)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary, "\(line)")
            #expect(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].contains(object["level"] as? String))
            #expect((object["timestamp"] as? String)?.wholeMatch(of: time) != nil)
            #expect((object["requestId"] as? String)?.count == 36 && object["message"] is String)
        }
    }

    @Test func `has one line of summary for each batch that could be read`() throws {
        let sandbox = try run("JSON")
        let summaries = try sandbox.process.lines().filter { $0.contains("\"message\":\"batch\"") }
            .map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary) }
        #expect(summaries.map { $0["records"] as? Int } == [2, 1])
        #expect(summaries.map { $0["objects"] as? Int } == [2, 0])
        #expect(summaries.map { $0["quarantined"] as? Int } == [1, 0])
        #expect(summaries.map { $0["crawler"] as? String } == ["failed", "failed"])
        #expect(summaries.count { $0["bytes"] is Int && $0["milliseconds"] is Int && $0["level"] as? String == "INFO" } == 2)
    }

    @Test(arguments: ["JSON", "Text"]) func `holds no secret and nothing of a record, at the finest level`(_ format: String) throws {
        let process = try run(format).process
        let all = process.output() + process.output(.error)
        let hidden = Self.secrets + Self.contents
        for part in hidden + hidden.map({ Data($0.utf8).base64EncodedString() }) { #expect(!all.contains(part)) }
        #expect(all.contains("prices-0@5"))
    }

    @Test func `as text has one line an entry, with the time first`() throws {
        let form = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (TRACE|DEBUG|INFO|WARN|ERROR) /#
        for line in try logged("Text") { #expect(line.prefixMatch(of: form) != nil, "\(line)") }
    }
}
