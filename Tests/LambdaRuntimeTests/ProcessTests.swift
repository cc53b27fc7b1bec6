import Foundation
import TestParts
import Testing

/// A whole process of the runtime, against a scripted Runtime API.
@Suite struct `A process of the runtime` {
    private func start(_ server: ScriptedServer, _ variables: [String: String] = [:]) throws -> LocalProcess {
        let environment = ["AWS_LAMBDA_RUNTIME_API": server.authority, "AWS_LAMBDA_LOG_FORMAT": "JSON"]
        return try LocalProcess(
            TestParts.product("EchoFunction"), environment: environment.merging(variables) { $1 })
    }

    @Test(arguments: [(nil, true), ("1", true), ("2", false)])
    func `exports the trace of each invocation, and none where there is none`(
        _ concurrency: String?, _ isExported: Bool
    ) throws {
        let server = try ScriptedServer.runtimeAPI(
            [
                .event("a", "\"context\"", [("Lambda-Runtime-Trace-Id", "Root=1-a;Sampled=1")]),
                .event("b", "\"context\""),
                .event("c", "\"context\"", [("Lambda-Runtime-Trace-Id", "Root=1-c")]),
            ], thenStalls: true)
        let process = try start(server, concurrency.map { ["AWS_LAMBDA_MAX_CONCURRENCY": $0] } ?? [:])
        try server.request(7)
        let traces = server.replies.map { $0.object?["traceID"] as? String }
        #expect(traces == ["Root=1-a;Sampled=1", nil, "Root=1-c"])
        #expect(server.replies.map { $0.object?["variable"] as? String } == (isExported ? traces : [nil, nil, nil]))
        #expect(process.isRunning)
    }

    @Test func `ends at once on SIGTERM while it waits`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("a")], thenStalls: true)
        let process = try start(server)
        try server.request(3)
        process.signal(SIGTERM)
        #expect(try process.exit().code == 0)
    }

    @Test func `answers the event at hand before it ends on SIGTERM`() throws {
        let gate = Gate(count: 2)
        let slow = try ScriptedServer { _ in
            gate.pass()
            return .respond(200)
        }
        let server = try ScriptedServer.runtimeAPI([.event("a", "\"get \(slow.url)\""), .event("b")])
        let process = try start(server)
        try slow.request(1)
        process.signal(SIGTERM)
        gate.pass()
        #expect(try process.exit().code == 0)
        #expect(server.replies.map(\.text) == ["200"])
        #expect(server.nextCount == 1)
    }

    @Test func `reports an error of its start and ends with a code`() throws {
        let server = try ScriptedServer.runtimeAPI([])
        let process = try start(server, ["INIT_ERROR": "the variable X is missing"])
        #expect(try process.exit().code == 1)
        #expect(server.requests.map(\.target) == ["/2018-06-01/runtime/init/error"])
        #expect(server.replies[0].object?["errorMessage"] as? String == "the variable X is missing")
        #expect(try process.line(containing: "FATAL").contains("the variable X is missing"))
    }

    @Test func `ends with a code when the Runtime API is gone`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("a")], thenStalls: true)
        let process = try start(server)
        try server.request(3)
        server.close()
        #expect(try process.exit().code == 1)
        #expect(try process.line(containing: "FATAL").contains("the Runtime API has gone away"))
    }

    @Test func `says what is missing outside Lambda`() throws {
        let process = try LocalProcess(TestParts.product("EchoFunction"))
        #expect(try process.exit().code == 1)
        #expect(process.output().contains("AWS_LAMBDA_RUNTIME_API is not set"))
    }

    @Test func `never takes a proxy to the Runtime API`() throws {
        let proxy = try ScriptedServer { _ in .respond(502) }
        let server = try ScriptedServer.runtimeAPI([.event("a")], thenStalls: true)
        let process = try start(server, ["http_proxy": proxy.url, "all_proxy": proxy.url, "ALL_PROXY": proxy.url])
        try server.request(3)
        #expect(proxy.requests.isEmpty)
        #expect(process.isRunning)
    }

    @Test func `holds the largest event once, however many come`() throws {
        func peak(_ body: [UInt8]) throws -> Int {
            let event = ScriptedEvent(headers: ScriptedEvent.event("a").headers, body: body)
            let server = try ScriptedServer.runtimeAPI([event, event, event, event], thenStalls: true)
            let process = try start(server)
            try server.request(9)
            return try process.peakMemory()
        }
        let size = 6_291_556
        let added = try peak([UInt8](repeating: UInt8(ascii: "1"), count: size)) - peak([UInt8(ascii: "1")])
        #expect(added < size * 3 / 2, "\(added) bytes more than for a small event")
    }
}
