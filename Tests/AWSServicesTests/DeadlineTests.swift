import TestParts
import Testing
import UTC

@testable import AWSCore
@testable import AWSS3

@Suite struct `Nothing goes on after the deadline` {
    @Test func `a request that is under way is ended`() throws {
        let server = try ScriptedServer { _ in .stall }
        let caller = try Caller(server.url)
        let deadline = Clock.now() + 300
        caller.client.beginInvocation(deadline: deadline)
        let failure = caller.put("k").failure
        #expect(failure?.kind == .deadline && failure?.code == "Timeout" && failure?.attempts == 1)
        #expect(server.requests.count == 1)
    }

    @Test func `a request is not begun where there is no time for it`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let caller = try Caller(server.url)
        caller.client.beginInvocation(deadline: Clock.now() + 20)
        let failure = caller.put("k").failure
        #expect(failure?.kind == .deadline && failure?.attempts == 0)
        #expect(server.requests.isEmpty && caller.client.requestCounts.total == 0)
    }

    @Test func `a wait that would end too late is not begun`() throws {
        let server = try ScriptedServer { _ in
            .respond(503, headers: [("Retry-After", "600")], body: s3Error("SlowDown"))
        }
        let caller = try Caller(server.url)
        caller.client.beginInvocation(deadline: Clock.now() + 60_000)
        let failure = caller.put("k").failure
        #expect(failure?.kind == .deadline && failure?.code == "SlowDown")
        #expect(failure?.description.contains("there was no time left to retry") == true)
        #expect(server.requests.count == 1 && caller.notices.isEmpty)
    }

    @Test func `what waits in the queue fails, too, and the next invocation starts afresh`() throws {
        let server = try ScriptedServer { $0.number == 1 ? .stall : .respond(200) }
        let caller = try Caller(server.url, concurrency: 1)
        caller.client.beginInvocation(deadline: Clock.now() + 300)
        var outcomes: [Result<PutObject.Outcome, AWSFailure>] = []
        for index in 0..<3 {
            caller.client.submit(PutObject.small("\(index)")) {
                outcomes.append($0)
            }
        }
        caller.client.run()
        #expect(outcomes.count == 3 && outcomes.allSatisfy { $0.failure?.kind == .deadline })
        // Where the time went is what the others say as well.
        #expect(outcomes.last?.failure?.message.contains("to make the request, after PutObject: Timeout: ") == true)
        #expect(outcomes.last?.failure?.advice == "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL")
        #expect(server.requests.count == 1)

        caller.client.beginInvocation(deadline: Clock.now() + 60_000)
        #expect(caller.put("again") == .success(.created))
        #expect(caller.client.requestCounts == [.put: 1])
    }
}

@Suite struct `Many calls at once` {
    @Test func `never more than the limit, and as many as that`() throws {
        let gate = Gate(count: 3)
        let active = Counter()
        let server = try ScriptedServer { request in
            active.enter()
            defer { active.leave() }
            gate.pass()
            return .respond(200)
        }
        let caller = try Caller(server.url, concurrency: 3)
        var created = 0
        for index in 0..<30 {
            caller.client.submit(PutObject.small("\(index)")) {
                if $0 == .success(.created) { created += 1 }
            }
        }
        caller.client.run()
        #expect(created == 30 && active.most == 3)
    }

    @Test func `one that waits for another attempt holds nobody up`() throws {
        let server = try ScriptedServer { request in
            request.target == "/b/slow" && request.number == 1
                ? .respond(503, headers: [("Retry-After", "1")]) : .respond(200)
        }
        let caller = try Caller(server.url, concurrency: 1)
        for key in ["slow", "1", "2", "3"] {
            caller.client.submit(PutObject.small(key)) { _ in }
        }
        caller.client.run()
        #expect(server.requests.map(\.target) == ["/b/slow", "/b/1", "/b/2", "/b/3", "/b/slow"])
    }

    @Test func `a completion may ask for more`() throws {
        let server = try ScriptedServer { request in
            request.method == "PUT"
                ? .respond(412) : .respond(200, headers: [("x-amz-meta-first-offset", "7"), ("ETag", "x")])
        }
        let caller = try Caller(server.url)
        var seen: [(String, String)]?
        caller.client.submit(PutObject.small("k")) { outcome in
            #expect(outcome == .success(.alreadyExists))
            caller.client.submit(HeadObject(bucket: "b", key: "k")) { seen = $0.value }
        }
        caller.client.run()
        #expect(seen?.map(\.0) == ["first-offset"] && seen?.map(\.1) == ["7"])
        #expect(caller.client.requestCounts == [.put: 1, .head: 1])
    }
}
