import Foundation
import TestParts
import Testing

/// What the emulator cannot do: a Runtime API that refuses, fails and sends every header.
@Suite struct `With the Runtime API` {
    @Test(arguments: [410, 413, 403]) func `a refused reply is logged, and the next event is served`(_ status: Int)
        throws
    {
        let store = try ScriptedStore()
        let sandbox = try Sandbox(store) { $0.isReply(to: "refused") ? .respond(status) : nil }
        _ = try sandbox.invoke(Event.msk(0...1), id: "refused")
        try sandbox.process.line(containing: "(\(status))")
        #expect(try !sandbox.invoke(Event.msk(2...3)).isError)
        #expect(sandbox.api.requests.count { $0.method == "POST" } == 2)
        #expect(store.keys.count == 2)
    }

    @Test func `a service that cannot go on ends the process`() throws {
        let sandbox = try Sandbox(ScriptedStore()) { $0.isReply(to: "last") ? .respond(500) : nil }
        _ = try sandbox.invoke(Event.empty, id: "last")
        #expect(try sandbox.process.exit().code == 1)
    }

    @Test(arguments: [ScriptedServer.Action.respond(500), .reset, .respond(200, body: "{}")])
    func `a failing next is asked again a few times, then the process ends`(_ answer: ScriptedServer.Action) throws {
        let sandbox = try Sandbox(ScriptedStore()) { $0.isNext ? answer : nil }
        #expect(try sandbox.process.exit().code == 1)
        // A connection that dies before its answer may be tried once more each time.
        #expect((2...12).contains(sandbox.api.requests.count))
        #expect(sandbox.api.requests.count { !$0.isNext } == 0)
        #expect(sandbox.process.output().contains("the Runtime API has gone away"))
    }

    @Test func `a next that fails once costs nothing`() throws {
        let isFirst = Locked.once()
        let sandbox = try Sandbox(ScriptedStore()) { $0.isNext && isFirst.take() ? .respond(503) : nil }
        #expect(try !sandbox.invoke(Event.msk(0...1)).isError)
    }

    @Test func `the invocation's id is echoed on answers and errors, and only where there is one`() throws {
        let sandbox = try Sandbox(ScriptedStore())
        let name = "Lambda-Runtime-Invocation-Id"
        #expect(try sandbox.invoke(Event.empty, headers: [(name, "i-1")]).request.headers[name] == "i-1")
        #expect(try sandbox.invoke("{}", headers: [(name.lowercased(), "i-2")]).request.headers[name] == "i-2")
        #expect(try sandbox.invoke(Event.empty).request.headers[name] == nil)
        #expect(try sandbox.invoke(Event.empty, headers: [(name, "")]).request.headers[name] == nil)
    }

    @Test func `errors carry a type that the service keeps, and X-Ray's cause`() throws {
        let reply = try Sandbox(ScriptedStore()).invoke("{}")
        #expect(reply.isError)
        #expect(reply.request.headers["Lambda-Runtime-Function-Error-Type"] == "Function.InvalidKafkaEvent")
        let cause = try #require(reply.request.headers["Lambda-Runtime-Function-XRay-Error-Cause"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(cause.utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["working_directory", "exceptions", "paths"])
    }
}
