import Bytes
import Environment
import Foundation
import LineOutput
import Logging
import TestParts

@testable import LambdaRuntime

/// What `/next` brings.
struct ScriptedEvent: Sendable {
    var headers: [(String, String)]
    var body: [UInt8]

    static func event(_ id: String, _ body: String = "{}", _ headers: [(String, String)] = []) -> ScriptedEvent {
        let deadline = Int(Date().timeIntervalSince1970 * 1000) + 60_000
        return ScriptedEvent(
            headers: [("Lambda-Runtime-Aws-Request-Id", id), ("Lambda-Runtime-Deadline-Ms", "\(deadline)")] + headers,
            body: Array(body.utf8))
    }
}

extension ScriptedServer {
    /// A Runtime API that hands out `events`, and then fails for good, or stalls for ever.
    static func runtimeAPI(
        _ events: [ScriptedEvent], thenStalls: Bool = false,
        reply: @escaping @Sendable (Request) -> Action = { _ in .respond(202, body: "{\"status\":\"OK\"}") }
    ) throws -> ScriptedServer {
        let queue = Locked(events)
        return try ScriptedServer { request in
            guard request.isNext else { return reply(request) }
            guard let event = queue.change({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                return thenStalls ? .stall : .respond(500, body: "no more")
            }
            return .respond(200, headers: event.headers, body: event.body)
        }
    }

    var nextCount: Int { requests.count { $0.isNext } }
    /// What was posted.
    var replies: [Request] { requests.filter { $0.method == "POST" } }
}

extension ScriptedServer.Request {
    var isResponse: Bool { method == "POST" && target.hasSuffix("/response") }
    var isError: Bool { method == "POST" && target.hasSuffix("/error") }
}

/// A handler made of a closure.
struct ClosureHandler: InvocationHandler {
    var body: (ByteBuffer, InvocationContext, ByteBuffer) throws -> Void

    mutating func handle(_ event: ByteBuffer, _ context: InvocationContext, response: ByteBuffer) throws {
        try body(event, context, response)
    }
}

/// Runs the loop within the test until it ends by itself, and gives its exit code and log.
@discardableResult
func serve(
    _ server: ScriptedServer, attempts: Int = 1,
    _ handle: @escaping (ByteBuffer, InvocationContext, ByteBuffer) throws -> Void = { _, _, _ in }
) throws -> (code: Int32, log: [NSDictionary]) {
    let log = LogSink()
    // Several invocations at a time, since then the runtime leaves the variable of the trace alone: to change this
    // process's environment while other tests read it would crash them.
    let environment = Environment([
        "AWS_LAMBDA_RUNTIME_API": server.authority, "AWS_LAMBDA_MAX_CONCURRENCY": "2",
    ])
    let runtime = try LambdaRuntime(
        environment: environment, logger: log.logger(LogConfiguration(format: .json, level: .trace)),
        backoff: Backoff(attempts: attempts, first: 1))
    var handler = ClosureHandler(body: handle)
    return (runtime.serve(&handler), log.objects)
}

/// Keeps what a log handler writes.
final class LogSink: Sendable {
    private let bytes = Locked<[UInt8]>([])

    func logger(_ configuration: LogConfiguration) -> Logger {
        Logger(label: "test") { label in
            LambdaLogHandler(
                label: label, configuration,
                output: LineWriter { written in
                    self.bytes.change { $0 += written }
                    return written.count
                })
        }
    }

    var text: String { String(decoding: bytes.value, as: UTF8.self) }
    var lines: [String] { text.components(separatedBy: "\n").dropLast() }
    var objects: [NSDictionary] {
        lines.compactMap { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? NSDictionary }
    }
}
