import Foundation
import Libc

/// The built bootstrap, and a Runtime API that hands it one event at a time and answers as Lambda would.
package final class Sandbox: Sendable {
    /// What became of an invocation.
    package enum Answer: Sendable {
        /// `/response`
        case succeeded(String)
        /// `/error`
        case failed(type: String, message: String)
        /// The process is gone and the event unanswered.
        case died
        /// Lambda would have killed it; so did we.
        case timedOut
    }

    package typealias Script = @Sendable (ScriptedServer.Request) -> ScriptedServer.Action?

    package let process: LocalProcess
    package let api: ScriptedServer
    private let invocations = Invocations()
    /// Serves as long as the function runs.
    private let store: (any AnyObject & Sendable)?

    /// - Parameter api: may answer in the Runtime API's stead; `nil` leaves it to the usual: an event, or 202.
    package init(
        _ variables: [String: String], store: (any AnyObject & Sendable)? = nil,
        api script: @escaping Script = { _ in nil }
    ) throws {
        self.store = store
        api = try ScriptedServer { [invocations] request in
            if !request.isNext { invocations.note(request) }
            return script(request) ?? (request.isNext ? invocations.next() : .respond(202, body: "{\"status\":\"OK\"}"))
        }
        let usual = [
            "AWS_LAMBDA_RUNTIME_API": api.authority, "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
        ]
        process = try LocalProcess(TestParts.bootstrap(), environment: usual.merging(variables) { $1 })
    }

    deinit { invocations.close() }

    /// Hands an event over, without waiting for what becomes of it, and gives the invocation's id.
    /// - Parameter remaining: milliseconds until the deadline, from when the function fetches the event.
    @discardableResult
    package func deliver(
        _ event: String, remaining: Int = 30_000, id: String = UUID().uuidString, headers: [(String, String)] = []
    ) -> String {
        invocations.put(id, event, remaining, headers)
        return id
    }

    /// Hands an event over and waits for what the function posts about it.
    package func invoke(
        _ event: String, remaining: Int = 30_000, id: String = UUID().uuidString, headers: [(String, String)] = []
    ) throws -> Reply {
        deliver(event, remaining: remaining, id: id, headers: headers)
        let request = try api.request("the answer to invocation \(id)\n\(process.output())") { $0.isReply(to: id) }
        return Reply(id: id, request: request)
    }

    /// What became of an invocation, and after how many milliseconds; at its deadline the process is killed, as Lambda
    /// does.
    /// - Parameter grace: milliseconds that the process lives on after the deadline, for machines that are busy.
    package func answer(to id: String, grace: Int = 0) -> (Answer, milliseconds: Int) {
        while true {
            if let found = invocations.answer(to: id, within: 0.02) { return found }
            if !process.isRunning {
                return invocations.answer(to: id, within: 0.02) ?? (.died, invocations.elapsed(id))
            }
            if invocations.isLate(id, grace) {
                process.signal(SIGKILL)
                return (.timedOut, invocations.elapsed(id))
            }
        }
    }

    /// Ends the function, and gives what it has logged.
    package func end() throws -> [String] {
        process.signal(SIGTERM)
        try process.exit()
        return process.lines()
    }

    /// Ends it, whatever it is at.
    package func kill() { process.signal(SIGKILL) }
}

/// What the function posted about an invocation.
package struct Reply: Sendable {
    package let id: String
    package let request: ScriptedServer.Request

    package var isError: Bool { request.target.hasSuffix("/error") }
    package var text: String { request.text }
    package var object: NSDictionary? { request.object }
    package var errorType: String? { object?["errorType"] as? String }
    package var errorMessage: String { object?["errorMessage"] as? String ?? "" }
}

extension ScriptedServer.Request {
    private static let runtime = "/2018-06-01/runtime/"

    /// Asks for an invocation.
    package var isNext: Bool { method == "GET" && target == Self.runtime + "invocation/next" }

    /// What an invocation came to, whether it succeeded or failed.
    package func isReply(to id: String) -> Bool {
        ["response", "error"].contains { target == Self.runtime + "invocation/\(id)/\($0)" }
    }

    /// The body as a JSON object.
    package var object: NSDictionary? { (try? JSONSerialization.jsonObject(with: Data(body))) as? NSDictionary }

    fileprivate var isInitError: Bool { target == Self.runtime + "init/error" }

    fileprivate var answer: Sandbox.Answer {
        if target.hasSuffix("/response") { return .succeeded(text) }
        let report = object
        return .failed(
            type: report?["errorType"] as? String ?? "", message: report?["errorMessage"] as? String ?? text)
    }
}

/// Events on their way to `/next`, which waits for them, and what came of them.
///
/// `@unchecked`: everything that changes is guarded by `state`.
private final class Invocations: @unchecked Sendable {
    private struct Invocation {
        var id: String
        var body: String
        var remaining: Int
        var headers: [(String, String)]
        var delivered = Date()
        var fetched: Date?
        var reply: (request: ScriptedServer.Request, at: Date)?

        func milliseconds(to end: Date) -> Int { fetched.map { Int(end.timeIntervalSince($0) * 1000) } ?? 0 }
    }

    private let state = Monitor()
    private var all: [Invocation] = []
    private var isClosed = false

    func put(_ id: String, _ body: String, _ remaining: Int, _ headers: [(String, String)]) {
        state.change { all.append(Invocation(id: id, body: body, remaining: remaining, headers: headers)) }
    }

    func close() { state.change { isClosed = true } }

    /// The time that is left counts from here.
    func next() -> ScriptedServer.Action {
        let found = state.wait { () -> Invocation?? in
            guard let index = all.firstIndex(where: { $0.fetched == nil }) else { return isClosed ? .some(nil) : nil }
            all[index].fetched = Date()
            return all[index]
        }
        guard let invocation = found ?? nil, let fetched = invocation.fetched else { return .close }
        let deadline = Int(fetched.timeIntervalSince1970 * 1000) + invocation.remaining
        let usual = [("Lambda-Runtime-Aws-Request-Id", invocation.id), ("Lambda-Runtime-Deadline-Ms", "\(deadline)")]
        return .respond(200, headers: usual + invocation.headers, body: invocation.body)
    }

    /// A start that fails is the answer to what waits for it.
    func note(_ request: ScriptedServer.Request) {
        state.change {
            guard
                let index = all.firstIndex(where: {
                    request.isReply(to: $0.id) || request.isInitError && $0.reply == nil
                })
            else { return }
            all[index].reply = (request, Date())
        }
    }

    func answer(to id: String, within seconds: Double) -> (Sandbox.Answer, milliseconds: Int)? {
        state.wait(within: seconds) {
            guard let invocation = all.last(where: { $0.id == id }), let reply = invocation.reply else { return nil }
            return (reply.request.answer, invocation.milliseconds(to: reply.at))
        }
    }

    func elapsed(_ id: String) -> Int {
        state.change { all.last { $0.id == id }?.milliseconds(to: Date()) ?? 0 }
    }

    /// One that is not fetched has a minute: the function may just be starting.
    func isLate(_ id: String, _ grace: Int) -> Bool {
        state.change {
            guard let invocation = all.last(where: { $0.id == id }) else { return false }
            guard let fetched = invocation.fetched else { return Date().timeIntervalSince(invocation.delivered) > 60 }
            return Date().timeIntervalSince(fetched) * 1000 > Double(invocation.remaining + grace)
        }
    }
}
