import AWSCore
import AWSGlue
import AWSS3
import Bytes
import Environment
import KafkaEvent
import Logging
import UTC

/// The function as its runtime sees it: one event in, one answer out, one line of summary in the log.
public final class IngestionFunction {
    private let configuration: IngestionConfiguration
    private let client: AWSClient
    private let ingestion: Ingestion
    private let batches: KafkaBatchHandler
    private let failedBatches: FailedBatchHandler

    /// How long before Lambda's deadline the last request must be done, in milliseconds: enough to say what is
    /// missing before the sandbox is killed and the invocation ends without a word.
    static let reserve: EpochMilliseconds = 200

    /// - Parameter metricsLevel: the level that lines of metrics carry, so that Lambda lets them through; `nil` where
    ///   it does not look at levels.
    /// - Throws: `ConfigurationError` naming the variable at fault.
    public init(environment: Environment, metricsLevel: StaticString?) throws {
        configuration = try IngestionConfiguration(environment)
        client = try AWSClient(
            environment: environment, services: [.s3, .glue], concurrency: configuration.uploadConcurrency,
            adviser: FunctionAdvice(expectedBucketOwner: configuration.options.expectedBucketOwner))
        let store = S3ObjectStore(client, configuration.s3Bucket)
        let catalog: any TableCatalog =
            if let crawler = configuration.crawler {
                CrawlerCatalog(crawler, GlueCrawlerStarter(client), store)
            } else {
                NoCatalog()
            }
        ingestion = try Ingestion(configuration, store, catalog)
        let summary = BatchSummary(client, IngestionMetrics(configuration, environment, level: metricsLevel))
        batches = KafkaBatchHandler(ingestion, summary, answersPartially: configuration.answersPartially)
        failedBatches = FailedBatchHandler(ingestion, summary)
    }

    /// Does ahead what a first batch would otherwise have to do besides its work: Lambda's init has the whole
    /// processor, however little of it the function's memory buys later.
    ///
    /// One request is made to S3, at most `warmUpLimit` long: it reads the trusted certificates, sets up libcrypto and
    /// opens the connection that the first batch uses, by far the most expensive part over https. What fails here is
    /// not an error, nor tried again: the first batch meets it again, tries again, and says so.
    public func warmUp(_ logger: Logger) {
        ingestion.rehearse()
        client.beginInvocation(deadline: Clock.now() + Self.warmUpLimit, maxAttempts: 1)
        // A key that the function may read and that is hardly ever there; any answer will do.
        client.submit(HeadObject(bucket: configuration.s3Bucket, key: configuration.layout.rowsPrefix + "/")) {
            guard case .failure(let failure) = $0, failure.status == nil else { return }
            logger.debug("no connection ahead of the first batch: \(failure)")
        }
        client.run()
    }

    /// Milliseconds.
    static let warmUpLimit: EpochMilliseconds = 1_000

    /// Looks at what `event` is, once, and gives it to the handler for that.
    ///
    /// - Parameters:
    ///   - deadline: when Lambda kills the sandbox.
    ///   - requestID: the invocation's, which its objects carry.
    ///   - response: receives what the mapping is to be told; it is empty before.
    /// - Throws: `IngestionFailure`, so that Lambda delivers the batch again.
    public func handle(
        _ event: ByteBuffer, deadline: EpochMilliseconds, requestID: String, _ logger: Logger, response: ByteBuffer
    ) throws(IngestionFailure) {
        client.onRetry = { logger.debug("trying again in \($0.delay) ms: \($0.failure)") }
        client.beginInvocation(deadline: deadline - Self.reserve)
        do {
            switch EventKind(of: event) {
            case .kafkaBatch: try batches.handle(event, requestID: requestID, logger, response: response)
            case .failedBatchRecord: try failedBatches.handle(event, requestID: requestID, logger, response: response)
            }
        } catch {
            throw error as? IngestionFailure ?? IngestionFailure(error)
        }
    }
}
