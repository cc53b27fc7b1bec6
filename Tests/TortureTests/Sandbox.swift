import Foundation
import TestParts

/// One sandbox: the real binary under a Runtime API of ours, which hands it one event at a time and, as Lambda does,
/// kills it where the deadline passes without an answer.
final class Sandbox: Sendable {
    enum Answer: Sendable {
        /// `/response`
        case succeeded(String)
        /// `/error`
        case failed(type: String, message: String)
        /// The process is gone and the event unanswered.
        case died
        /// Lambda would have killed it; so did we.
        case timedOut
    }

    let process: LocalProcess
    private let host: Host
    private let server: ScriptedServer

    /// - Parameter environment: over what every sandbox has.
    init(endpoint: String, _ environment: [String: String] = [:]) throws {
        let host = Host()
        self.host = host
        server = try ScriptedServer { host.answer($0) }
        let usual = [
            "AWS_LAMBDA_RUNTIME_API": server.authority, "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "INGESTION_BUCKET": "ingestion",
            "RECORD_METADATA": "kafka", "AWS_LAMBDA_LOG_LEVEL": "DEBUG", "AWS_LAMBDA_LOG_FORMAT": "JSON",
        ]
        process = try LocalProcess(
            TestParts.bootstrap(), environment: usual.merging(environment) { $1 })
    }

    deinit { end() }

    /// Kills the process, whatever it is at.
    func end() {
        process.signal(SIGKILL)
        host.close()
        server.close()
    }

    var isAlive: Bool { process.isRunning }

    /// Hands an event over; `answer` waits for what becomes of it.
    func deliver(_ event: String, milliseconds: Int) { host.deliver(event, milliseconds) }

    /// What became of the event, at its deadline at the latest; and how many milliseconds that took.
    func answer() -> (Answer, milliseconds: Int) {
        while true {
            if let found = host.waitBriefly() { return found }
            if !process.isRunning { return host.waitBriefly() ?? (.died, host.elapsed) }
            if host.isLate {
                process.signal(SIGKILL)
                return (.timedOut, host.elapsed)
            }
        }
    }

    /// - Parameter grace: milliseconds that the sandbox lives on after the deadline, for machines that are busy.
    func invoke(_ event: String, milliseconds: Int = 20_000, grace: Int = 0) -> (Answer, milliseconds: Int) {
        host.grant(grace)
        deliver(event, milliseconds: milliseconds)
        return answer()
    }
}

/// The Runtime API's side of one sandbox. `@unchecked`: everything that changes is guarded by `state`.
private final class Host: @unchecked Sendable {
    private let state = NSCondition()
    private var waiting: (body: String, milliseconds: Int)?
    private var result: (Sandbox.Answer, milliseconds: Int)?
    private var handedOver: Date?
    private var deadline: Date?
    private var number = 0
    private var grace = 0
    private var closed = false

    func deliver(_ event: String, _ milliseconds: Int) {
        guarded {
            waiting = (event, milliseconds)
            result = nil
            handedOver = nil
            // Until the binary fetches the event; it may just be starting.
            deadline = Date(timeIntervalSinceNow: 60)
        }
    }

    func grant(_ milliseconds: Int) { guarded { grace = milliseconds } }

    func close() { guarded { closed = true } }

    var isLate: Bool { guarded { deadline.map { $0 < Date() } ?? false } }
    var elapsed: Int { guarded { handedOver.map { Int(Date().timeIntervalSince($0) * 1000) } ?? 0 } }

    /// The answer, if it comes within a few milliseconds.
    func waitBriefly() -> (Sandbox.Answer, milliseconds: Int)? {
        state.lock()
        defer { state.unlock() }
        if result == nil { _ = state.wait(until: Date(timeIntervalSinceNow: 0.02)) }
        return result
    }

    func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Action {
        if request.method == "GET" { return next() }
        let milliseconds = elapsed
        guarded {
            if request.target.hasSuffix("/response") {
                result = (.succeeded(request.text), milliseconds)
            } else {
                struct Report: Decodable { var errorType, errorMessage: String }
                let report = try? JSONDecoder().decode(Report.self, from: Data(request.body))
                result = (
                    .failed(type: report?.errorType ?? "", message: report?.errorMessage ?? request.text), milliseconds
                )
            }
        }
        return .respond(202, body: "{\"status\":\"OK\"}")
    }

    private func next() -> ScriptedServer.Action {
        state.lock()
        defer { state.unlock() }
        while waiting == nil, !closed { state.wait() }
        guard let event = waiting else { return .close }
        waiting = nil
        number += 1
        let now = Date()
        let end = now.addingTimeInterval(Double(event.milliseconds) / 1000)
        handedOver = now
        deadline = end.addingTimeInterval(Double(grace) / 1000)
        return .respond(
            200,
            headers: [
                ("Lambda-Runtime-Aws-Request-Id", "request-\(number)"),
                ("Lambda-Runtime-Deadline-Ms", "\(Int(end.timeIntervalSince1970 * 1000))"),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:000000000000:function:test"),
            ], body: event.body)
    }

    private func guarded<Value>(_ body: () -> Value) -> Value {
        state.lock()
        defer {
            state.broadcast()
            state.unlock()
        }
        return body()
    }
}
