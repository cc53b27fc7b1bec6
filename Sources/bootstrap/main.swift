import CHeap
import Environment
import Ingestion
import LambdaRuntime
import Libc
import Logging

heap_keep_pages()

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
    let function = try IngestionFunction(
        environment: environment, metricsLevel: LogConfiguration(environment).leastPassingLevel)
    // What reading the certificates takes and a batch of some hundred records, which uses most of it again.
    heap_reserve_pages(640 << 10)
    function.warmUp(logger)
    var handler = IngestionHandler(function: function)
    exit(runtime.run(&handler))
} catch {
    runtime.reportInitError(InitFailure(error))
}
