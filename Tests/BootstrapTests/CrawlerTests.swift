import Foundation
import TestParts
import Testing

/// When the crawler is started. Glue is scripted where its answer matters, a real part where its states do.
@Suite struct `The crawler` {
    typealias Action = ScriptedServer.Action

    private static func error(_ type: String) -> Action {
        .respond(400, body: "{\"__type\":\"\(type)\",\"Message\":\"m\"}")
    }

    /// Gives these answers one after the other, and then says that the crawler was started.
    private func glue(_ answers: Action...) throws -> ScriptedServer {
        try ScriptedServer { $0.number <= answers.count ? answers[$0.number - 1] : .respond(200, body: "{}") }
    }

    private func variables(_ glue: ScriptedServer, _ trigger: String = "") -> [String: String] {
        ["CRAWLER_NAME": "prices", "CRAWLER_TRIGGER": trigger, "AWS_ENDPOINT_URL_GLUE": glue.url]
    }

    /// Offsets from `first` on in the hour that begins so many hours after noon.
    private func batch(_ first: Int, hour: Int = 0) throws -> String {
        try Event.msk((first..<first + 3).map { Record($0, timestamp: Event.noon + hour * Event.hour) })
    }

    @Test func `is never called without a name`() throws {
        let glue = try glue()
        let sandbox = try Sandbox(ScriptedStore(), variables(glue).merging(["CRAWLER_NAME": ""]) { $1 })
        #expect(try sandbox.crawler(sandbox.invoke(batch(0))) == "off")
        #expect(glue.requests.isEmpty)
    }

    @Test func `is started once for each folder that is new`() throws {
        let glue = try glue()
        let store = try ScriptedStore()
        let sandbox = try Sandbox(store, variables(glue))
        #expect(try sandbox.crawler(sandbox.invoke(batch(0))) == "started")
        let request = try #require(glue.requests.first)
        #expect(request.headers["X-Amz-Target"] == "AWSGlue.StartCrawler" && request.text == "{\"Name\":\"prices\"}")
        #expect(request.headers["Content-Type"] == "application/x-amz-json-1.1")
        #expect(try sandbox.crawler(sandbox.invoke(batch(3))) == "not-needed")
        #expect(try sandbox.crawler(sandbox.invoke(batch(6, hour: 1))) == "started")
        #expect(try sandbox.crawler(sandbox.invoke(Event.empty)) == "not-needed")
        #expect(glue.requests.count == 2)
        // Another sandbox finds both folders in the bucket, and a third one new.
        let other = try Sandbox(store, variables(glue))
        #expect(try other.crawler(other.invoke(batch(9))) == "not-needed")
        #expect(try other.crawler(other.invoke(batch(12, hour: 1))) == "not-needed")
        #expect(try other.crawler(other.invoke(batch(15, hour: 2))) == "started")
        #expect(glue.requests.count == 3)
    }

    @Test func `is not started for what is no row`() throws {
        let glue = try glue()
        for trigger in ["new-partition", "every-batch", "interval:60"] {
            let sandbox = try Sandbox(ScriptedStore(), variables(glue, trigger))
            #expect(try sandbox.crawler(sandbox.invoke(Event.msk([Record(0, value: "no JSON")]))) == "not-needed")
        }
        #expect(glue.requests.isEmpty)
    }

    @Test func `is not started for a folder that nothing was written to`() throws {
        let glue = try glue()
        let sandbox = try Sandbox(ScriptedStore { $0.method == "PUT" ? .respond(403) : nil }, variables(glue))
        #expect(try sandbox.invoke(batch(0)).isError)
        #expect(glue.requests.isEmpty)
    }

    @Test func `that is running is asked again, also by an empty batch, until it is started`() throws {
        let running = Self.error("CrawlerRunningException")
        let glue = try glue(running, running)
        let sandbox = try Sandbox(ScriptedStore(), variables(glue))
        #expect(try sandbox.crawler(sandbox.invoke(batch(0))) == "owed")
        #expect(try sandbox.crawler(sandbox.invoke(batch(3))) == "owed")
        #expect(try sandbox.crawler(sandbox.invoke(Event.empty)) == "started")
        #expect(try sandbox.crawler(sandbox.invoke(Event.empty)) == "not-needed")
        #expect(glue.requests.count == 3)
    }

    @Test func `goes through its states in a local Glue`() throws {
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket, ["CRAWLER_NAME": bucket.name])
        #expect(try sandbox.crawler(sandbox.invoke(batch(0))) == "started")
        #expect(try sandbox.crawler(sandbox.invoke(batch(3, hour: 1))) == "owed")
        #expect(try bucket.crawls() == 1)
        #expect(try sandbox.crawler(sandbox.invoke(Event.empty)) == "started")
        #expect(try bucket.crawls() == 2)
        #expect(try sandbox.crawler(sandbox.invoke(batch(6))) == "not-needed")
        #expect(try bucket.crawls() == 2)
    }

    @Test func `is started by every batch that wrote, if that is wanted`() throws {
        let glue = try glue()
        let sandbox = try Sandbox(ScriptedStore(), variables(glue, "every-batch"))
        #expect(try sandbox.crawler(sandbox.invoke(batch(0))) == "started")
        #expect(try sandbox.crawler(sandbox.invoke(batch(3))) == "started")
        #expect(try sandbox.crawler(sandbox.invoke(batch(3))) == "not-needed")
        #expect(try sandbox.crawler(sandbox.invoke(Event.empty)) == "not-needed")
        #expect(glue.requests.count == 2)
    }

    @Test func `is started once in an interval`() throws {
        let glue = try glue()
        let sandbox = try Sandbox(ScriptedStore(), variables(glue, "interval:3600"))
        #expect(try sandbox.crawler(sandbox.invoke(batch(0))) == "started")
        #expect(try sandbox.crawler(sandbox.invoke(batch(3, hour: 1))) == "not-needed")
        #expect(glue.requests.count == 1)
    }

    @Test(
        arguments: [
            (error("EntityNotFoundException"), "CRAWLER_NAME"), (error("AccessDeniedException"), "glue:StartCrawler"),
            (.respond(500), "HTTP 500"), (.reset, "ConnectionBroken"), (.stall, "Timeout"),
        ] as [(Action, String)])
    func `never fails a batch, and is asked again`(_ answer: Action, _ hint: String) throws {
        let isFirst = Locked.once()
        let glue = try ScriptedServer { _ in isFirst.take() ? answer : .respond(200, body: "{}") }
        let store = try ScriptedStore()
        let sandbox = try Sandbox(store, variables(glue).merging(["AWS_MAX_ATTEMPTS": "1"]) { $1 })
        let reply = try sandbox.invoke(batch(0), remaining: 2_000)
        #expect(!reply.isError && store.keys.count == 1)
        #expect(try sandbox.crawler(reply) == "failed")
        let warning = try sandbox.process.line(containing: "the crawler was not started")
        #expect(warning.contains("\"level\":\"WARN\"") && warning.contains(hint), "\(warning)")
        #expect(try sandbox.crawler(sandbox.invoke(Event.empty)) == "started")
    }

    /// The function dies on its way to Glue; then the batch comes as it was, or longer.
    @Test(arguments: [3, 5]) func `is started by a redelivery after a crash`(_ count: Int) throws {
        let records = [0, 1].flatMap { partition in (0..<5).map { Record($0, partition: partition) } }
        let store = try ScriptedStore()
        let deaf = try ScriptedServer { _ in .stall }
        let first = try Sandbox(store, variables(deaf))
        first.deliver(try Event.msk(records.filter { $0.offset < 3 }))
        try deaf.request(1)
        first.process.signal(SIGKILL)
        try first.process.exit()
        #expect(store.keys.count == 2)
        let glue = try glue()
        let second = try Sandbox(store, variables(glue))
        let again = try Event.msk(records.filter { $0.offset < count })
        #expect(try second.crawler(second.invoke(again)) == "started")
        #expect(store.keys.count == (count == 3 ? 2 : 4) && glue.requests.count == 1)
    }
}
