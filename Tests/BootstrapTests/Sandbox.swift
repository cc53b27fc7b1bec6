import Foundation
import TestParts
import Testing

/// The built bootstrap, and a Runtime API that hands it one event at a time and answers as Lambda would.
final class Sandbox: Sendable {
    let process: LocalProcess
    let api: ScriptedServer
    private let events: EventQueue
    /// Serves as long as the function runs.
    private let store: ScriptedStore?

    /// - Parameter api: may answer in the Runtime API's stead; `nil` leaves it to the usual: an event, or 202.
    init(
        _ variables: [String: String], store: ScriptedStore? = nil,
        api script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Action? = { _ in nil }
    ) throws {
        let events = EventQueue()
        self.events = events
        self.store = store
        api = try ScriptedServer { request in
            if let action = script(request) { return action }
            guard request.isNext else { return .respond(202, body: "{\"status\":\"OK\"}") }
            guard let event = events.take() else { return .close }
            return .respond(200, headers: event.headers, body: event.body)
        }
        let usual = [
            "AWS_LAMBDA_RUNTIME_API": api.authority, "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
        ]
        process = try LocalProcess(TestParts.bootstrap(), environment: usual.merging(variables) { $1 })
    }

    convenience init(_ bucket: Bucket, _ more: [String: String] = [:], user: String = "role") throws {
        try self.init(bucket.variables(more, user: user))
    }

    convenience init(
        _ store: ScriptedStore, _ more: [String: String] = [:],
        api script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Action? = { _ in nil }
    ) throws {
        try self.init(store.variables(more), store: store, api: script)
    }

    deinit { events.close() }

    /// Hands over an event and waits for what the function posts about it.
    /// - Parameter remaining: milliseconds until the deadline.
    func invoke(
        _ event: String, remaining: Int = 30_000, id: String = UUID().uuidString, headers: [(String, String)] = []
    ) throws -> Reply {
        events.put(id, event, remaining, headers)
        let request = try api.request("the answer to invocation \(id)\n\(process.output())") { $0.isReply(to: id) }
        return Reply(id: id, request: request)
    }

    /// Hands over an event whose answer nobody waits for.
    func start(_ event: String) { events.put(UUID().uuidString, event, 30_000, []) }

    /// Ends the function, and gives what it has logged.
    func end() throws -> [String] {
        process.signal(SIGTERM)
        try process.exit()
        return process.lines()
    }

    /// The line of summary of an invocation.
    func summary(of reply: Reply) throws -> NSDictionary {
        let line = try process.line(
            containing: "\"message\":\"batch\",\"logger\":\"bootstrap\",\"requestId\":\"\(reply.id)\"")
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
    }

    /// What became of the crawler, by the line of summary.
    func crawler(_ reply: Reply) throws -> String? { try summary(of: reply)["crawler"] as? String }
}

/// What the function posted about an invocation.
struct Reply {
    let id: String
    let request: ScriptedServer.Request

    var isError: Bool { request.target.hasSuffix("/error") }
    var text: String { request.text }
    var object: NSDictionary? { (try? JSONSerialization.jsonObject(with: Data(request.body))) as? NSDictionary }
    var errorType: String? { object?["errorType"] as? String }
    var errorMessage: String { object?["errorMessage"] as? String ?? "" }
}

extension ScriptedServer.Request {
    var isNext: Bool { method == "GET" && target == "/2018-06-01/runtime/invocation/next" }

    func isReply(to id: String) -> Bool {
        ["response", "error"].contains { target == "/2018-06-01/runtime/invocation/\(id)/\($0)" }
    }
}

/// Events on their way to `/next`, which waits for them.
///
/// `@unchecked`: everything that changes is guarded by `state`.
private final class EventQueue: @unchecked Sendable {
    private let state = NSCondition()
    private var waiting: [(id: String, body: String, remaining: Int, headers: [(String, String)])] = []
    private var isClosed = false

    func put(_ id: String, _ body: String, _ remaining: Int, _ headers: [(String, String)]) {
        change { waiting.append((id, body, remaining, headers)) }
    }

    func close() { change { isClosed = true } }

    private func change(_ body: () -> Void) {
        state.lock()
        body()
        state.broadcast()
        state.unlock()
    }

    /// `nil` at the end. The time that is left counts from here.
    func take() -> (headers: [(String, String)], body: [UInt8])? {
        state.lock()
        defer { state.unlock() }
        while waiting.isEmpty, !isClosed { state.wait() }
        guard !waiting.isEmpty else { return nil }
        let next = waiting.removeFirst()
        let deadline = Int(Date().timeIntervalSince1970 * 1000) + next.remaining
        let usual = [("Lambda-Runtime-Aws-Request-Id", next.id), ("Lambda-Runtime-Deadline-Ms", "\(deadline)")]
        return (usual + next.headers, Array(next.body.utf8))
    }
}
