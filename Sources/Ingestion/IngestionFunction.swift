import AWSCore
import AWSGlue
import AWSS3
import Bytes
import Environment
import KafkaEvent
import Logging
import UTC

/// The function as its runtime sees it: one event in, one response out, one summary line in the log.
package final class IngestionFunction {
    private let configuration: IngestionConfiguration
    private let client: AWSClient
    private let ingestion: Ingestion
    private let batches: KafkaBatchHandler
    private let failedBatches: FailedBatchHandler

    /// How long before Lambda's deadline the last request must be done, in milliseconds: enough to report what is
    /// missing before the sandbox is killed and the invocation ends without a report.
    static let reserve: EpochMilliseconds = 200

    /// - Parameter metricsLevel: the level that lines of metrics carry, so that Lambda lets them through; `nil` if
    ///   it does not filter by level.
    /// - Throws: `ConfigurationError` naming the variable at fault.
    package init(environment: Environment, metricsLevel: StaticString?) throws {
        configuration = try IngestionConfiguration(environment)
        client = try AWSClient(
            environment: environment, services: [.s3, .glue], concurrency: configuration.uploadConcurrency,
            adviser: FunctionAdvice(expectedBucketOwner: configuration.options.expectedBucketOwner))
        let store = S3ObjectStore(client, configuration.s3Bucket)
        ingestion = try Ingestion(configuration, store, Self.catalog(configuration, client, store))
        let metrics = IngestionMetrics(configuration, environment, level: metricsLevel)
        let summary = BatchSummary(configuration, client, metrics)
        batches = KafkaBatchHandler(ingestion, summary, answersPartially: configuration.answersPartially)
        failedBatches = FailedBatchHandler(ingestion, summary)
    }

    private static func catalog(
        _ configuration: IngestionConfiguration, _ client: AWSClient, _ store: any ObjectStore
    ) -> any TableCatalog {
        if let crawler = configuration.crawler { return CrawlerCatalog(crawler, GlueCrawlerStarter(client), store) }
        guard let glue = configuration.glue else { return NoCatalog() }
        return GlueCatalog(
            glue, configuration, GlueTables(client, database: glue.database), OldestDay(store))
    }

    /// Does in advance what would otherwise slow the first batch down: Lambda's init phase has a whole processor,
    /// however small the function's share of it is later.
    ///
    /// One request is made to S3, at most `warmUpLimit` long: it reads the trusted certificates, sets up libcrypto and
    /// opens the connection that the first batch uses, by far the most expensive part over https. A failure here is
    /// not an error, nor is it retried: the first batch will meet it again, retry, and report it.
    package func warmUp(_ logger: Logger) {
        ingestion.rehearse()
        client.beginInvocation(deadline: Clock.now() + Self.warmUpLimit, maxAttempts: 1)
        // A key that the function may read and that is hardly ever there; any answer will do.
        client.submit(HeadObject(bucket: configuration.s3Bucket, key: configuration.layout.rowsPrefix + "/")) {
            guard case .failure(let failure) = $0, failure.status == nil else { return }
            logger.debug("could not connect before the first batch: \(failure)")
        }
        client.run()
    }

    /// Milliseconds.
    static let warmUpLimit: EpochMilliseconds = 1_000

    /// Determines once what `event` is, and passes it to the handler for that kind.
    ///
    /// - Parameters:
    ///   - deadline: when Lambda kills the sandbox.
    ///   - requestID: the invocation's, which its objects carry.
    ///   - response: receives the response to the mapping; it is empty before.
    /// - Throws: `IngestionFailure`, so that Lambda redelivers the batch.
    package func handle(
        _ event: ByteBuffer, deadline: EpochMilliseconds, requestID: String, _ logger: Logger, response: ByteBuffer
    ) throws(IngestionFailure) {
        client.onRetry = { logger.debug("retrying in \($0.delay) ms: \($0.failure)") }
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
