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
                403,
                body: """
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
        let stored = try sandbox.invoke(
            Event.msk([Record(0, key: "private-key", value: value), Record(1, value: "private-value")]))
        #expect(!stored.isError)
        let refused = try sandbox.invoke(Event.msk([Record(5, key: "private-key", value: value)]))
        #expect(refused.isError)
        let unreadable = try sandbox.invoke("{\"records\":{\"a-0\":[{\"topic\":\"a\",\"value\":\"private-value")
        for part in Self.secrets + Self.contents {
            for reply in [refused, unreadable] { #expect(!reply.text.contains(part)) }
        }
        _ = try sandbox.end()
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
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary, "\(line)")
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
        #expect(summaries.map { $0["partitions"] as? String } == ["prices-0@0-1", "prices-0@5-5"])
        #expect(summaries.map { $0["crawler"] as? String } == ["failed", "failed"])
        #expect(
            summaries.count { $0["bytes"] is Int && $0["milliseconds"] is Int && $0["level"] as? String == "INFO" } == 2
        )
    }

    /// The lines of a message, as objects.
    private func lines(of message: String, _ sandbox: Sandbox) throws -> [NSDictionary] {
        try sandbox.end().filter { $0.contains("\"message\":\"\(message)") }
            .map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary) }
    }

    @Test func `tells where quarantined records lie and why, an object a line`() throws {
        let store = try ScriptedStore()
        let sandbox = try Sandbox(store, ["AWS_LAMBDA_LOG_FORMAT": "JSON"])
        _ = try sandbox.invoke(
            Event.msk([
                Record(0), Record(3, value: "no JSON"), Record(4, value: "[1]"), Record(7, value: "nor this"),
                Record.tombstone(9), Record.tombstone(1, partition: 1),
            ]))
        let told = try lines(of: "quarantined", sandbox)
        #expect(told.count == 1)
        let line = try #require(told.first)
        #expect(line["level"] as? String == "WARN" && line["partition"] as? String == "prices-0")
        #expect(line["offsets"] as? String == "3-9" && line["records"] as? Int == 4)
        #expect(line["reasons"] as? String == "malformed-json=2 not-an-object=1")
        let object = try #require(line["object"] as? String)
        #expect(store.keys.contains { object.hasSuffix("/\($0)") && $0.contains("errors/") })
    }

    @Test func `warns of records that have no time, and of times in seconds, and where they lie`() throws {
        let store = try ScriptedStore()
        let sandbox = try Sandbox(store, ["AWS_LAMBDA_LOG_FORMAT": "JSON"])
        let noTime = #"{"topic":"prices","partition":1,"offset":9,"value":"e30="}"#
        let events = [
            try Event.msk([
                Record(3, timestamp: -1), Record(4, timestamp: Event.noon), Record(5, timestamp: -1),
                Record(6, timestamp: Event.noon / 1000), Record(7, timestamp: 978_307_200_000),
            ]),
            #"{"eventSource":"aws:kafka","records":{"prices-1":[\#(noTime)]}}"#,
        ]
        for event in events { #expect(try !sandbox.invoke(event).isError) }
        let told = try sandbox.end().filter { $0.contains("\"level\":\"WARN\"") }
            .map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary) }
        try #require(told.count == 3, "\(told)")
        #expect(told.map { $0["first"] as? String } == ["prices-0@3", "prices-0@6", "prices-1@9"])
        #expect(told.map { $0["records"] as? Int } == [2, 1, 1])
        #expect((told[0]["message"] as? String)?.contains("no timestamp") == true)
        #expect((told[1]["message"] as? String)?.contains("seconds") == true)
        #expect((told[2]["folder"] as? String)?.hasSuffix("topics/prices/dt=1969-12-31/hour=23/") == true)
        #expect(store.keys.contains { $0.contains("dt=1969-12-31/hour=23/prices+1+") })
    }

    @Test func `does not warn of times where no folder is named by them`() throws {
        let sandbox = try Sandbox(ScriptedStore(), ["AWS_LAMBDA_LOG_FORMAT": "JSON", "TIME_PARTITION": "none"])
        #expect(try !sandbox.invoke(Event.msk([Record(3, timestamp: -1)])).isError)
        #expect(try !sandbox.end().contains { $0.contains("\"level\":\"WARN\"") })
    }

    @Test func `has a bounded number of lines for quarantined records, however many objects they fill`() throws {
        let sandbox = try Sandbox(ScriptedStore(), ["AWS_LAMBDA_LOG_FORMAT": "JSON"])
        _ = try sandbox.invoke(Event.msk((0..<40).map { Record(5, partition: $0, value: "no JSON") }))
        let told = try lines(of: "quarantined", sandbox)
        #expect(told.count == 11 && told.last?["message"] as? String == "quarantined records in 30 more objects")
    }

    @Test func `names at DEBUG each object with what it holds`() throws {
        let store = try ScriptedStore()
        let sandbox = try Sandbox(store, ["AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"])
        _ = try sandbox.invoke(Event.msk([Record(5), Record(6), Record(8, partition: 2)]))
        let told = try lines(of: "stored", sandbox)
        #expect(told.map { $0["offsets"] as? String } == ["5-6", "8-8"])
        #expect(told.map { $0["partition"] as? String } == ["prices-0", "prices-2"])
        for line in told {
            #expect((line["requestId"] as? String)?.count == 36)
            #expect(store.keys.contains { (line["object"] as? String)?.hasSuffix("/\($0)") == true })
        }
    }

    @Test(arguments: ["JSON", "Text"]) func `holds no secret and nothing of a record, at the finest level`(
        _ format: String
    ) throws {
        let process = try run(format).process
        let all = process.output() + process.output(.error)
        let hidden = Self.secrets + Self.contents
        for part in hidden + hidden.map({ Data($0.utf8).base64EncodedString() }) { #expect(!all.contains(part)) }
        #expect(all.contains("prices-0@5"))
    }

    @Test func `as text has one line an entry, with the time first`() throws {
        let form = #/time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=(TRACE|DEBUG|INFO|WARN|ERROR) msg=/#
        for line in try logged("Text") { #expect(line.prefixMatch(of: form) != nil, "\(line)") }
    }
}
