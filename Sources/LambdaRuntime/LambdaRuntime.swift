import Bytes
import Environment
import HTTP
import Libc
import Logging

/// Lambda's custom runtime: fetches one event after another from the Runtime API and passes it to a handler.
///
///     let runtime = try LambdaRuntime(environment: Environment(), logger: logger)
///     var function = MyFunction()
///     exit(runtime.run(&function))
///
/// One thread, one invocation at a time; nothing runs while the sandbox is frozen.
public struct LambdaRuntime {
    private let api: RuntimeAPI
    private let logger: Logger
    private let exportsTrace: Bool
    private let backoff: Backoff

    /// - Throws: `RuntimeConfigurationError` if `AWS_LAMBDA_RUNTIME_API` is not set: this is not Lambda.
    public init(environment: Environment, logger: Logger) throws(RuntimeConfigurationError) {
        try self.init(environment: environment, logger: logger, backoff: Backoff())
    }

    init(environment: Environment, logger: Logger, backoff: Backoff) throws(RuntimeConfigurationError) {
        guard let authority = environment["AWS_LAMBDA_RUNTIME_API"] else { throw RuntimeConfigurationError() }
        api = RuntimeAPI(authority: authority)
        self.logger = logger
        exportsTrace = TraceVariable.isUsed(environment)
        self.backoff = backoff
    }

    /// Serves invocations until the Runtime API has gone away or says that the process must exit.
    ///
    /// SIGTERM ends the process with code 0, but never between an event's arrival and its response.
    ///
    /// - Returns: The code to exit with, never 0: this ends only when something is wrong.
    public func run(_ handler: inout some InvocationHandler) -> Int32 {
        ProcessSignals.prepare()
        return serve(&handler)
    }

    /// Reports to the service why the function cannot start, logs it, and exits with code 1.
    public func reportInitError(_ error: any Error) -> Never {
        failInit(error)
        exit(1)
    }

    // MARK: The loop

    func serve(_ handler: inout some InvocationHandler) -> Int32 {
        let event = ByteBuffer(capacity: 64 * 1024)
        let response = ByteBuffer(capacity: 1024)
        var backoff = backoff
        while true {
            let context: InvocationContext
            do {
                context = try nextInvocation(into: event)
                backoff.succeeded()
            } catch {
                logger.error("could not fetch the next invocation", error: error)
                guard backoff.waitAfterFailure() else {
                    logger.critical("the Runtime API has gone away: exiting")
                    return 1
                }
                continue
            }
            if exportsTrace { TraceVariable.export(context.traceID) }
            response.removeAll()
            guard shouldContinue(after: invoke(&handler, event, context, response), context) else { return 1 }
        }
    }

    private func nextInvocation(into event: ByteBuffer) throws(NextInvocationError) -> InvocationContext {
        try ProcessSignals.endingOnTermination { () throws(NextInvocationError) in
            try api.next(into: event, logger: logger)
        }
    }

    /// Runs the handler and sends its response, or the error that it threw.
    private func invoke(
        _ handler: inout some InvocationHandler, _ event: ByteBuffer, _ context: InvocationContext,
        _ response: ByteBuffer
    ) -> Result<ReplyOutcome, HTTPFailure> {
        do {
            try handler.handle(event, context, response: response)
        } catch {
            context.logger.error("the invocation failed", error: error)
            return Result { () throws(HTTPFailure) in try api.fail(context, ErrorReport(error)) }
        }
        if response.isEmpty { response.append("null") }
        return Result { () throws(HTTPFailure) in try api.respond(to: context, response) }
    }

    /// Any response is followed by `invocation/next`, even one that could not be sent: Lambda considers a runtime hung
    /// that does not call it, and a runtime that lost its API finds out there.
    private func shouldContinue(after reply: Result<ReplyOutcome, HTTPFailure>, _ context: InvocationContext) -> Bool {
        switch reply {
        case .success(.accepted): break
        case .success(.refused(let reason)): context.logger.error("the response was rejected: \(reason)")
        case .success(.mustExit(let reason)):
            context.logger.critical("\(reason): exiting")
            return false
        case .failure(let failure): context.logger.error("could not send the response", error: failure)
        }
        return true
    }

    func failInit(_ error: any Error) {
        logger.critical("the function cannot start", error: error)
        do {
            let outcome = try api.failInit(ErrorReport(error))
            if outcome != .accepted { logger.error("the Runtime API rejected the error report: \(outcome)") }
        } catch {
            logger.error("could not report the error to the Runtime API", error: error)
        }
    }
}

/// `AWS_LAMBDA_RUNTIME_API` is not set.
public struct RuntimeConfigurationError: ReportableError, Equatable, CustomStringConvertible {
    public var errorType: String { "Runtime.MissingRuntimeAPI" }
    public var errorMessage: String {
        "AWS_LAMBDA_RUNTIME_API is not set: Lambda or its emulator sets it; this program is not meant to be run by hand"
    }
    public var description: String { errorMessage }
}
