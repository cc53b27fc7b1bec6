import Bytes
import Environment
import HTTP
import Libc
import Logging

/// Lambda's custom runtime: takes one event after the other from the Runtime API and hands it to a handler.
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

    /// - Throws: `RuntimeConfigurationError` where `AWS_LAMBDA_RUNTIME_API` is not set: this is not Lambda.
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

    /// Serves invocations until the Runtime API is gone or says that the process must end.
    ///
    /// SIGTERM ends the process with code 0, but never between an event's arrival and its answer.
    ///
    /// - Returns: The code to exit with, never 0: this ends only when something is wrong.
    public func run(_ handler: inout some InvocationHandler) -> Int32 {
        ProcessSignals.prepare()
        return serve(&handler)
    }

    /// Tells the service why the function cannot start, logs it, and ends the process with code 1.
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
                logger.error("no invocation could be had", error: error)
                guard backoff.waitAfterFailure() else {
                    logger.critical("the Runtime API is gone: ending the process")
                    return 1
                }
                continue
            }
            if exportsTrace { TraceVariable.export(context.traceID) }
            response.removeAll()
            guard isToGoOn(after: invoke(&handler, event, context, response), context) else { return 1 }
        }
    }

    private func nextInvocation(into event: ByteBuffer) throws(NextInvocationError) -> InvocationContext {
        try ProcessSignals.endingOnTermination { () throws(NextInvocationError) in
            try api.next(into: event, logger: logger)
        }
    }

    /// Runs the handler and sends its answer, or what it threw.
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

    /// The next thing after any reply is `invocation/next`, also after one that did not get through: a runtime that
    /// does not come back there is taken for hung, and one that lost its API learns it there.
    private func isToGoOn(after reply: Result<ReplyOutcome, HTTPFailure>, _ context: InvocationContext) -> Bool {
        switch reply {
        case .success(.accepted): break
        case .success(.refused(let reason)): context.logger.error("the reply was not taken: \(reason)")
        case .success(.mustExit(let reason)):
            context.logger.critical("\(reason): ending the process")
            return false
        case .failure(let failure): context.logger.error("the reply could not be sent", error: failure)
        }
        return true
    }

    func failInit(_ error: any Error) {
        logger.critical("the function cannot start", error: error)
        do {
            let outcome = try api.failInit(ErrorReport(error))
            if outcome != .accepted { logger.error("the Runtime API did not take the error: \(outcome)") }
        } catch {
            logger.error("the error could not be reported to the Runtime API", error: error)
        }
    }
}

/// `AWS_LAMBDA_RUNTIME_API` is not set.
public struct RuntimeConfigurationError: ReportableError, Equatable, CustomStringConvertible {
    public var errorType: String { "Runtime.MissingRuntimeAPI" }
    public var errorMessage: String {
        "AWS_LAMBDA_RUNTIME_API is not set: Lambda or its emulator sets it; this program is not run by hand"
    }
    public var description: String { errorMessage }
}
