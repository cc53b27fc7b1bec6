import Environment
import Ingestion
import LambdaRuntime
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

let environment = Environment()
let logger = Logger.lambda("bootstrap", environment)

let runtime: LambdaRuntime
do {
    runtime = try LambdaRuntime(environment: environment, logger: logger)
} catch {
    logger.critical("\(error)")
    exit(1)
}

do {
    var handler = IngestionHandler(function: try IngestionFunction(environment: environment))
    exit(runtime.run(&handler))
} catch {
    runtime.reportInitError(InitFailure(error))
}
