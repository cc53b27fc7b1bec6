import Bytes
import Environment
import HTTP
import JSON
import LambdaRuntime
import Libc
import Logging

// A function that does what its event says, as a JSON string:
//   "context"   answers what the invocation brought besides its event
//   "size"      (or anything else) answers the event's size
//   "throw"     fails
//   "crash"     ends the process
//   "get URL"   fetches the URL first and answers its status
// With INIT_ERROR set it reports that text as an error of its start.
struct Echo: InvocationHandler {
    mutating func handle(_ event: ByteBuffer, _ context: InvocationContext, response: ByteBuffer) throws {
        let words = event.count < 200 ? event.text.split(whereSeparator: { " \"".contains($0) }) : []
        context.logger.info("an event", metadata: ["bytes": .stringConvertible(event.count)])
        switch words.first {
        case "throw": throw EchoError(errorMessage: "thrown on purpose: \"ü\"\n")
        case "crash": abort()
        case "get": response.append(decimal: Int64(try HTTPClient().send(HTTPRequest(.get, String(words[1]))).status))
        case "context": append(context, to: response)
        default:
            response.append("{\"bytes\":")
            response.append(decimal: Int64(event.count))
            response.append("}")
        }
    }

    private func append(_ context: InvocationContext, to response: ByteBuffer) {
        let fields = [
            ("requestID", context.requestID), ("functionARN", context.functionARN), ("traceID", context.traceID),
            ("variable", Environment()["_X_AMZN_TRACE_ID"]), ("remaining", "\(context.remainingMilliseconds)"),
        ]
        for (index, (name, value)) in fields.enumerated() {
            response.append(index == 0 ? "{" : ",")
            JSONWriter.appendString(name, to: response)
            response.append(":")
            if let value { JSONWriter.appendString(value, to: response) } else { response.append("null") }
        }
        response.append("}")
    }
}

struct EchoError: ReportableError {
    var errorType: String { "Function.EchoError" }
    var errorMessage: String
}

let environment = Environment()
let logger = Logger.lambda("echo", environment)
do {
    let runtime = try LambdaRuntime(environment: environment, logger: logger)
    if let message = environment["INIT_ERROR"] { runtime.reportInitError(EchoError(errorMessage: message)) }
    var echo = Echo()
    exit(runtime.run(&echo))
} catch {
    logger.critical("\(error)")
    exit(1)
}
