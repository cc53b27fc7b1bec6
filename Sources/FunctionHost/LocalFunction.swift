import Foundation
import UTC

/// A `bootstrap` under a Runtime API of its own, kept warm from one invocation to the next, as a Lambda sandbox is.
package final class LocalFunction: Function {
    private let settings: FunctionSettings
    private var sandbox: Sandbox?
    /// The request by which the sandbox waits for its next event.
    private var waiting: RuntimeAPIServer.Request?
    /// Since it started, until the first invocation has reported it.
    private var initDuration: Double?

    package init(_ settings: FunctionSettings) { self.settings = settings }

    package func invoke(_ event: [UInt8]) -> Invocation {
        let requestID = UUID().uuidString.lowercased()
        guard event.count <= FunctionLimits.payload else {
            return Invocation(
                requestID: requestID,
                outcome: .unavailable(
                    reason: "the event has \(event.count) bytes, and Lambda accepts at most \(FunctionLimits.payload)"))
        }
        if let problem = wake(requestID) { return problem }
        guard let sandbox, let waiting else {
            return Invocation(requestID: requestID, outcome: .unavailable(reason: "the sandbox has exited"))
        }
        settings.log("START RequestId: \(requestID) Version: $LATEST")
        sandbox.thaw()
        let started = precise()
        self.waiting = nil
        sandbox.runtimeAPI.answer(waiting, status: "200 OK", headers: headers(requestID), body: event)
        let outcome = outcome(of: requestID, sandbox)
        let duration = precise() - started
        sandbox.drainLogs()
        settings.log("END RequestId: \(requestID)")
        let report = Report(
            requestID: requestID, duration: min(duration, Double(settings.timeout) * 1000), initDuration: initDuration,
            memorySize: settings.memorySize, maxMemoryUsed: memory)
        initDuration = nil
        settings.log(report.line)
        if self.waiting == nil { self.sandbox = nil } else if settings.freezes { sandbox.freeze() }
        return Invocation(requestID: requestID, outcome: outcome, report: report)
    }

    package func shutDown() {
        sandbox?.drainLogs()
        sandbox = nil
        waiting = nil
    }

    private var memory = 0

    // MARK: Start

    /// Makes sure that a sandbox waits for an event.
    private func wake(_ requestID: String) -> Invocation? {
        if let sandbox, waiting != nil, !sandbox.hasEnded { return nil }
        shutDown()
        memory = 0
        let started = precise()
        let sandbox: Sandbox
        do {
            sandbox = try Sandbox(settings)
        } catch {
            return failed(requestID, "Runtime.InvalidEntrypoint", "\(error)")
        }
        let end = Clock.monotonic() + FunctionLimits.initialization
        while true {
            switch sandbox.next(before: end) {
            case .request(let request) where request.call == "invocation/next":
                initDuration = precise() - started
                self.sandbox = sandbox
                waiting = request
                return nil
            case .request(let request) where request.call == "init/error":
                sandbox.runtimeAPI.answer(request, status: "202 Accepted", body: Self.accepted)
                sandbox.drainLogs()
                return failed(requestID, reported: request)
            case .request(let request):
                refuse(request, sandbox)
            case .exited(let reason):
                return failed(
                    requestID, "Runtime.ExitError",
                    "RequestId: \(requestID) Error: Runtime exited with error: \(reason)")
            case .timedOut:
                return failed(
                    requestID, "Sandbox.Timedout", "RequestId: \(requestID) Error: Init timed out after 10.00 seconds")
            }
        }
    }

    // MARK: Invocation

    /// Waits for the answer and then for the wish for another event, with which Lambda ends an invocation.
    private func outcome(of requestID: String, _ sandbox: Sandbox) -> Invocation.Outcome {
        let end = Clock.monotonic() + Int64(settings.timeout) * 1000
        var outcome: Invocation.Outcome?
        while true {
            switch sandbox.next(before: end) {
            case .request(let request) where request.call == "invocation/\(requestID)/response" && outcome == nil:
                outcome = response(request, sandbox)
            case .request(let request) where request.call == "invocation/\(requestID)/error" && outcome == nil:
                sandbox.runtimeAPI.answer(request, status: "202 Accepted", body: Self.accepted)
                outcome = error(reported: request)
            case .request(let request) where request.call == "invocation/next":
                waiting = request
                memory = max(memory, sandbox.peakMemory())
                return outcome
                    ?? functionError("Runtime.ExitError", "RequestId: \(requestID) Error: the runtime did not respond")
            case .request(let request):
                refuse(request, sandbox)
            case .exited(let reason):
                // Lambda counts a response that was sent, whatever becomes of the sandbox.
                return outcome
                    ?? functionError(
                        "Runtime.ExitError", "RequestId: \(requestID) Error: Runtime exited with error: \(reason)")
            case .timedOut:
                memory = max(memory, sandbox.peakMemory())
                let seconds = "\(settings.timeout).00 seconds"
                settings.log("RequestId: \(requestID) Error: Task timed out after \(seconds)")
                return outcome
                    ?? functionError(
                        "Sandbox.Timedout", "RequestId: \(requestID) Error: Task timed out after \(seconds)")
            }
        }
    }

    private func response(_ request: RuntimeAPIServer.Request, _ sandbox: Sandbox) -> Invocation.Outcome {
        guard request.body.count <= FunctionLimits.payload else {
            let tooLarge = "Exceeded maximum allowed payload size (\(FunctionLimits.payload) bytes)."
            sandbox.runtimeAPI.answer(
                request, status: "413 Payload Too Large",
                body: Array(#"{"errorType":"RequestEntityTooLarge","errorMessage":"\#(tooLarge)"}"#.utf8))
            return functionError(
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size (\(FunctionLimits.payload) bytes).")
        }
        sandbox.runtimeAPI.answer(request, status: "202 Accepted", body: Self.accepted)
        return .success(response: request.body)
    }

    private func headers(_ requestID: String) -> [(String, String)] {
        [
            ("Lambda-Runtime-Aws-Request-Id", requestID),
            ("Lambda-Runtime-Invocation-Id", UUID().uuidString.lowercased()),
            ("Lambda-Runtime-Deadline-Ms", "\(Clock.now() + Int64(settings.timeout) * 1000)"),
            ("Lambda-Runtime-Invoked-Function-Arn", settings.arn),
        ]
    }

    private func refuse(_ request: RuntimeAPIServer.Request, _ sandbox: Sandbox) {
        sandbox.runtimeAPI.answer(
            request, status: "403 Forbidden",
            body: Array(
                #"{"errorType":"InvalidStateTransition","errorMessage":"No such invocation is in progress."}"#.utf8))
    }

    private static let accepted = Array(#"{"status":"OK"}"#.utf8)

    // MARK: Errors

    private func failed(_ requestID: String, reported request: RuntimeAPIServer.Request) -> Invocation {
        Invocation(requestID: requestID, outcome: error(reported: request))
    }

    private func failed(_ requestID: String, _ type: String, _ message: String) -> Invocation {
        Invocation(requestID: requestID, outcome: functionError(type, message))
    }

    private func error(reported request: RuntimeAPIServer.Request) -> Invocation.Outcome {
        let report = ErrorReport(request.body)
        let type = report?.errorType ?? request.headers["lambda-runtime-function-error-type"] ?? "Runtime.Unknown"
        return .functionError(type: type, message: report?.errorMessage ?? "", response: request.body)
    }

    private func functionError(_ type: String, _ message: String) -> Invocation.Outcome {
        .functionError(type: type, message: message, response: ErrorReport(errorType: type, errorMessage: message).json)
    }

    /// Milliseconds.
    private func precise() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
    }
}

/// What a function answers when it fails.
struct ErrorReport: Codable {
    var errorType: String?
    var errorMessage: String?

    init(errorType: String, errorMessage: String) {
        self.errorType = errorType
        self.errorMessage = errorMessage
    }

    init?(_ body: [UInt8]) {
        guard let report = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
        self = report
    }

    var json: [UInt8] { (try? JSONEncoder().encode(self)).map(Array.init) ?? Array("{}".utf8) }
}
