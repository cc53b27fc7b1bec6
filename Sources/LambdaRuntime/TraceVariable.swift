import Environment
import Libc

/// `_X_AMZN_TRACE_ID`, from which X-Ray's and OpenTelemetry's libraries take the current trace.
enum TraceVariable {
    static let name = "_X_AMZN_TRACE_ID"

    /// Where one process serves several invocations at a time there is no one current trace, so it is left alone.
    static func isUsed(_ environment: Environment) -> Bool {
        (environment["AWS_LAMBDA_MAX_CONCURRENCY"].flatMap { Int($0) } ?? 1) <= 1
    }

    /// An invocation without a trace unsets it: otherwise its calls would be shown in the trace before.
    static func export(_ traceID: String?) {
        if let traceID { setenv(name, traceID, 1) } else { unsetenv(name) }
    }
}
