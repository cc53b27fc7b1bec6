import Bytes
import Environment
import Ingestion
import LambdaRuntime

/// Ties the function to the runtime; neither knows the other.
struct IngestionHandler: InvocationHandler {
    let function: IngestionFunction

    mutating func handle(_ event: ByteBuffer, _ context: InvocationContext, response: ByteBuffer) throws {
        try function.handle(
            event, deadline: context.deadline, requestID: context.requestID, context.logger, response: response)
    }
}

extension IngestionFailure: ReportableError {
    package var errorType: String { type }
    package var errorMessage: String { description }
}

/// Why the function cannot start.
struct InitFailure: ReportableError {
    let errorType: String
    let errorMessage: String

    init(_ error: any Error) {
        errorType = error is ConfigurationError ? "Function.InvalidConfiguration" : "Function.InitFailed"
        errorMessage = "\(error)"
    }
}
