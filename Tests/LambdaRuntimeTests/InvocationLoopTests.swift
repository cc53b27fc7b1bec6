import Bytes
import Environment
import Foundation
import Logging
import TestParts
import Testing

@testable import LambdaRuntime

@Suite struct `The invocation loop` {
    @Test func `answers each event at its own path, over one connection`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("a", "1"), .event("b", "22"), .event("c")])
        try serve(server) { event, context, response in
            guard context.requestID != "c" else { return }
            #expect(response.isEmpty)
            response.append("{\"got\":\(event.text)}")
        }
        let base = "/2018-06-01/runtime/invocation/"
        #expect(
            server.requests.map(\.target) == [
                base + "next", base + "a/response", base + "next", base + "b/response", base + "next",
                base + "c/response", base + "next",
            ])
        #expect(server.replies.map(\.text) == ["{\"got\":1}", "{\"got\":22}", "null"])
        #expect(server.replies.allSatisfy { $0.headers["Content-Type"] == "application/json" })
        #expect(server.replies.allSatisfy { $0.headers["Expect"] == nil && $0.headers["Transfer-Encoding"] == nil })
        #expect(server.connectionsAccepted == 1)
    }

    @Test func `receives every event into the same buffer, the largest too`() throws {
        let largest = Array(repeating: UInt8(ascii: "x"), count: 6_291_556)
        var huge = ScriptedEvent.event("huge")
        huge.body = largest
        let server = try ScriptedServer.runtimeAPI([.event("small", "1"), huge, .event("again", "2")])
        var events: [ByteBuffer] = []
        try serve(server) { event, context, _ in
            events.append(event)
            if context.requestID == "huge" { #expect(Array(event.bytes) == largest) }
            if context.requestID == "again" { #expect(event.text == "2") }
        }
        #expect(events.count == 3 && events.allSatisfy { $0 === events[0] })
    }

    @Test func `reads every header whatever its case`() throws {
        let server = try ScriptedServer.runtimeAPI([
            ScriptedEvent(
                headers: [
                    ("lambda-runtime-aws-request-id", "id"), ("LAMBDA-RUNTIME-DEADLINE-MS", "1542409706888"),
                    ("Lambda-runtime-Invoked-Function-Arn", "arn:aws:lambda:x"), ("lambda-runtime-trace-id", "Root=1"),
                    ("Lambda-Runtime-Client-Context", "{}"), ("Lambda-Runtime-Cognito-Identity", "{\"a\":1}"),
                    ("Lambda-Runtime-Aws-Tenant-Id", "tenant"), ("Lambda-Runtime-Invocation-Id", "inv"),
                ], body: [])
        ])
        try serve(server) { _, context, _ in
            #expect(context.requestID == "id")
            #expect(context.deadline == 1_542_409_706_888)
            #expect(context.remainingMilliseconds == 0)
            #expect(context.functionARN == "arn:aws:lambda:x")
            #expect(context.traceID == "Root=1")
            #expect(context.clientContext == "{}")
            #expect(context.cognitoIdentity == "{\"a\":1}")
            #expect(context.tenantID == "tenant")
            #expect(context.invocationID == "inv")
            #expect(context.logger[metadataKey: "requestId"] == "id")
            #expect(context.logger[metadataKey: "tenantId"] == "tenant")
        }
        #expect(server.replies.count == 1)
    }

    @Test(arguments: [false, true])
    func `takes an empty header for an absent one`(_ empty: Bool) throws {
        let optional = [
            "Invoked-Function-Arn", "Trace-Id", "Client-Context", "Cognito-Identity", "Aws-Tenant-Id", "Invocation-Id",
        ]
        let headers = empty ? optional.map { ("Lambda-Runtime-" + $0, "") } : []
        let server = try ScriptedServer.runtimeAPI([.event("id", "{}", headers)])
        try serve(server) { _, context, _ in
            let all = [
                context.functionARN, context.traceID, context.clientContext, context.cognitoIdentity,
                context.tenantID, context.invocationID,
            ]
            #expect(all == [nil, nil, nil, nil, nil, nil])
            #expect(context.logger[metadataKey: "tenantId"] == nil)
        }
        #expect(server.replies.count == 1)
        #expect(server.replies[0].headers["Lambda-Runtime-Invocation-Id"] == nil)
    }

    @Test func `counts down to the deadline`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("id")])
        try serve(server) { _, context, _ in #expect((1...60_000).contains(context.remainingMilliseconds)) }
        #expect(server.replies.count == 1)
    }

    @Test(
        arguments: [[]]
            + ["soon", "\(Int64.min)", "\(Int64.max)", "-1", "1e300"].map { [("Lambda-Runtime-Deadline-Ms", $0)] })
    func `serves an event without a usable deadline, and says so`(_ headers: [(String, String)]) throws {
        let server = try ScriptedServer.runtimeAPI([
            ScriptedEvent(headers: [("Lambda-Runtime-Aws-Request-Id", "id")] + headers, body: [])
        ])
        let log = try serve(server) { _, context, _ in #expect(context.remainingMilliseconds > 60_000) }.log
        #expect(server.replies.count == 1)
        #expect(log.contains { $0["level"] as? String == "WARN" && $0["requestId"] as? String == "id" })
    }

    @Test func `echoes the invocation id on answers and errors, only where there was one`() throws {
        let id = [("Lambda-Runtime-Invocation-Id", "inv-1")]
        let server = try ScriptedServer.runtimeAPI([
            .event("ok", "{}", id), .event("bad", "{}", id), .event("ok"), .event("bad"),
        ])
        try serve(server) { _, context, _ in if context.requestID == "bad" { throw CancellationError() } }
        #expect(server.replies.map(\.isError) == [false, true, false, true])
        #expect(server.replies.map { $0.headers["Lambda-Runtime-Invocation-Id"] } == ["inv-1", "inv-1", nil, nil])
    }
}

@Suite struct `What the service says to a reply` {
    @Test(arguments: [400, 403, 410, 413], [false, true])
    func `a refusal is logged and the next event asked for`(_ status: Int, _ fails: Bool) throws {
        let server = try ScriptedServer.runtimeAPI([.event("first"), .event("second")]) {
            .respond($0.target.contains("first") ? status : 202, body: "why")
        }
        let log = try serve(server) { _, _, _ in if fails { throw CancellationError() } }.log
        #expect(server.replies.count == 2)
        #expect(server.nextCount == 3)
        let line = log.first { ($0["message"] as? String)?.contains("\(status)") == true }
        #expect(line?["level"] as? String == "ERROR")
        #expect(line?["requestId"] as? String == "first")
    }

    @Test func `after a server error the process is to end`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("first"), .event("second")]) { _ in .respond(500) }
        #expect(try serve(server).code == 1)
        #expect(server.requests.count == 2)
    }

    @Test(arguments: [ScriptedServer.Action.close, .reset])
    func `a reply that dies on the used connection is sent again`(_ death: ScriptedServer.Action) throws {
        let server = try ScriptedServer.runtimeAPI([.event("a")]) { $0.number == 2 ? death : .respond(202) }
        try serve(server) { _, _, response in response.append("{\"whole\":true}") }
        #expect(server.replies.map(\.text) == ["{\"whole\":true}", "{\"whole\":true}"])
        #expect(server.replies.map(\.connectionNumber) == [1, 2])
    }

    @Test func `a reply that never gets through is logged and the next event asked for`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("a"), .event("b")]) {
            $0.target.contains("/a/") ? .reset : .respond(202)
        }
        let log = try serve(server).log
        #expect(server.replies.last?.target.contains("/b/") == true)
        #expect(
            log.contains { $0["requestId"] as? String == "a" && $0["errorType"] as? String == "Function.HTTPFailure" })
    }
}

@Suite struct `When no invocation can be had` {
    static let failures: [ScriptedServer.Action] = [
        .close, .reset, .respond(500), .respond(403), .respond(200, body: "{}"), .raw("nonsense\r\n", then: .close),
    ]

    @Test(arguments: failures)
    func `it is tried a bounded number of times and the process is to end`(_ failure: ScriptedServer.Action) throws {
        let server = try ScriptedServer { _ in failure }
        let (code, log) = try serve(server, attempts: 4)
        #expect(code == 1)
        #expect(server.requests.count == 4)
        #expect(server.replies.isEmpty)
        #expect(log.count { $0["errorType"] as? String == "Runtime.NoInvocation" } == 4)
        #expect(log.last?["level"] as? String == "FATAL")
    }

    @Test func `an event without an end is not received, and the log says so`() throws {
        let server = try ScriptedServer { _ in
            .endless(200, headers: [("Lambda-Runtime-Aws-Request-Id", "id")], body: "{")
        }
        let (code, log) = try serve(server, attempts: 2)
        #expect(code == 1 && server.replies.isEmpty)
        #expect((log.first?["errorMessage"] as? String)?.contains("longer than 33554432 bytes") == true)
    }

    @Test func `a success between failures starts the count anew`() throws {
        let event = ScriptedEvent.event("id")
        let server = try ScriptedServer { request in
            guard request.isNext else { return .respond(202) }
            // Requests: two failures, an event, its reply, two failures, an event, its reply, failures for ever.
            return [3, 7].contains(request.number)
                ? .respond(200, headers: event.headers, body: event.body) : .respond(503)
        }
        #expect(try serve(server, attempts: 3).code == 1)
        #expect(server.replies.count == 2)
        #expect(server.nextCount == 9)
    }

    @Test func `an event that names no request is told from one that does`() throws {
        let server = try ScriptedServer { _ in .respond(200, headers: [("Lambda-Runtime-Aws-Request-Id", "")]) }
        let log = try serve(server).log
        #expect((log.first?["errorMessage"] as? String)?.contains("Lambda-Runtime-Aws-Request-Id") == true)
    }

    @Test(arguments: [[:], ["AWS_LAMBDA_RUNTIME_API": ""]])
    func `outside Lambda the runtime says what is missing`(_ variables: [String: String]) {
        let error = #expect(throws: RuntimeConfigurationError.self) {
            try LambdaRuntime(environment: Environment(variables), logger: LogSink().logger(LogConfiguration()))
        }
        #expect(error?.description.contains("AWS_LAMBDA_RUNTIME_API") == true)
    }
}
