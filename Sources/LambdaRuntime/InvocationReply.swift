import Bytes
import HTTP

extension RuntimeAPI {
    /// `POST invocation/ID/response`: the answer of an invocation that succeeded.
    func respond(to context: InvocationContext, _ response: ByteBuffer) throws(HTTPFailure) -> ReplyOutcome {
        ReplyOutcome(try post("invocation/\(context.requestID)/response", response, headers: context.echoedHeaders))
    }

    /// `POST invocation/ID/error`: the invocation failed; the runtime continues.
    func fail(_ context: InvocationContext, _ report: ErrorReport) throws(HTTPFailure) -> ReplyOutcome {
        ReplyOutcome(
            try post(
                "invocation/\(context.requestID)/error", report.body,
                headers: context.echoedHeaders + report.headers))
    }

    /// `POST init/error`: the function could not start. Without it whoever looks at the function learns nothing
    /// but `Runtime.ExitError`.
    func failInit(_ report: ErrorReport) throws(HTTPFailure) -> ReplyOutcome {
        ReplyOutcome(try post("init/error", report.body, headers: report.headers))
    }
}
