import AWSGlue
import AWSSigning
import Dispatch
import Testing
import TestParts
import UTC

@testable import AWSCore
@testable import AWSS3

@Suite struct `While requests are under way` {
    @Test func `work is done that needs no answer`() throws {
        let isDone = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { _ in
            _ = isDone.wait(timeout: .now() + 20)
            return .respond(200)
        }
        let caller = try Caller(server.url)
        var steps: [String] = []
        for number in 1...3 {
            caller.client.whileWaiting {
                steps.append("work \(number)")
                if number == 3 { isDone.signal() }
            }
        }
        #expect(caller.put("k") == .success(.created))
        #expect(steps == ["work 1", "work 2", "work 3"])
    }

    @Test func `only then, and not later either`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let caller = try Caller(server.url)
        var isDone = false
        caller.client.whileWaiting { isDone = true }
        caller.client.run()
        #expect(caller.put("k") == .success(.created))
        #expect(!isDone)
    }

    @Test func `what a failure's completion submits is signed with its digest like all else`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let caller = try Caller(server.url)
        caller.client.beginInvocation(deadline: Clock.now() + 60_000)
        caller.client.submit(StartCrawler(name: "crawler"), within: 0) { _ in
            caller.client.submit(PutObject.small("k", "abc")) { _ in }
        }
        caller.client.run()
        #expect(server.requests.map(\.method) == ["PUT"])
        #expect(server.requests.first?.headers["x-amz-content-sha256"] == SHA256Digest(of: "abc").hex)
        #expect(
            server.requests.first?.headers["x-amz-checksum-sha256"] == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    }
}
