import Foundation
import TestParts
import Testing

/// The function says what it could not write before Lambda kills it.
@Suite struct `Before the deadline` {
    /// Invokes, and fails where the answer does not come because of the deadline: whatever else ends these invocations
    /// takes twenty seconds or more. By how much it comes before the deadline is for the crash tests to say, which run
    /// alone: here a busy machine may hold an answer back for longer than the function leaves itself.
    private func invoke(_ sandbox: Sandbox, _ event: String, remaining: Int) throws -> Reply {
        let latest = Date(timeIntervalSinceNow: Double(remaining) / 1000 + 15)
        let reply = try sandbox.invoke(event, remaining: remaining)
        #expect(Date() < latest, "Lambda would have killed the function")
        return reply
    }

    @Test(arguments: ["PUT", "GET"]) func `a store that is silent fails the batch, which names what is missing`(
        _ method: String
    ) throws {
        let store = try ScriptedStore { $0.method == method ? .stall : nil }
        let reply = try invoke(Sandbox(store), Event.msk([Record(7), Record(3, partition: 1)]), remaining: 2_000)
        #expect(reply.isError && reply.errorType == "Function.RecordsNotStored")
        #expect(reply.errorMessage.contains("prices-0@7") && reply.errorMessage.contains("prices-1@3"))
        #expect(reply.errorMessage.contains("Timeout"))
    }

    @Test func `what was written in time is not reported as missing`() throws {
        let store = try ScriptedStore {
            $0.method == "PUT" && $0.target.removingPercentEncoding?.contains("prices+1+") == true ? .stall : nil
        }
        let sandbox = try Sandbox(store, ["PARTIAL_BATCH_RESPONSE": "true"])
        let reply = try invoke(sandbox, Event.msk([Record(7), Record(3, partition: 1)]), remaining: 2_000)
        #expect(
            reply.text == "{\"batchItemFailures\":[{\"itemIdentifier\":{\"partition\":\"prices-1\",\"offset\":3}}]}")
        #expect(store.keys.count == 1)
    }

    @Test func `a store that asks for patience is not waited for longer than there is time`() throws {
        let store = try ScriptedStore { $0.method == "PUT" ? .respond(503, headers: [("Retry-After", "60")]) : nil }
        let reply = try invoke(Sandbox(store), Event.msk(0...1), remaining: 2_000)
        #expect(reply.isError && reply.errorMessage.contains("prices-0@0"))
        #expect(store.puts.count == 1)
    }

    /// 50 ms are too few for any request.
    @Test(arguments: [300, 50]) func `with next to no time left there is an answer, and the batch is stored later`(
        _ remaining: Int
    ) throws {
        let isFirst = Locked.once()
        let store = try ScriptedStore { $0.method == "PUT" && isFirst.take() ? .stall : nil }
        let sandbox = try Sandbox(store)
        if remaining < 200 { _ = isFirst.take() }
        let event = try Event.msk(0...1)
        #expect(try sandbox.invoke(event, remaining: remaining).errorType == "Function.RecordsNotStored")
        #expect(try !sandbox.invoke(event).isError)
        #expect(store.keys.count == 1)
    }
}
