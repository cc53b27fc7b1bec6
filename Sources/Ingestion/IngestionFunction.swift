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
    private let metrics: IngestionMetrics?

    /// How long before Lambda's deadline the last request must be done, in milliseconds: enough to say what is
    /// missing before the sandbox is killed and the invocation ends without a word.
    static let reserve: EpochMilliseconds = 200

    /// - Throws: `ConfigurationError` naming the variable at fault.
    public init(environment: Environment) throws {
        configuration = try IngestionConfiguration(environment)
        client = try AWSClient(
            environment: environment, services: [.s3, .glue], concurrency: configuration.uploadConcurrency,
            adviser: FunctionAdvice(expectedBucketOwner: configuration.options.expectedBucketOwner))
        ingestion = try Ingestion(
            configuration, S3ObjectStore(client, configuration.s3Bucket),
            GlueCrawlerStarter(client))
        metrics = IngestionMetrics(configuration, environment)
    }

    /// Does ahead what a first batch would otherwise have to do besides its work: Lambda's init has the whole processor,
    /// however little of it the function's memory buys later.
    ///
    /// One request is made to S3, at most `warmUpLimit` long: it reads the trusted certificates, sets up libcrypto and
    /// opens the connection that the first batch uses, by far the most expensive part over https. What fails here is not
    /// an error, nor tried again: the first batch meets it again, tries again, and says so.
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

    /// Stores the records of `event` and writes the answer.
    ///
    /// An event is a Kafka batch, or the record that an on-failure destination keeps of one. That comes from whoever
    /// replays it and not from the mapping: what of it is not stored fails the invocation, since nobody would read an
    /// answer that says so.
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
        let (outcome, isReplay) = try ingest(event, requestID: requestID, logger)
        logSummary(outcome, logger)
        metrics?.write(outcome, client.requestCounts)
        let answersPartially = configuration.answersPartially && !isReplay
        guard !outcome.unwritten.isEmpty else {
            return answersPartially ? outcome.appendBatchItemFailures(to: response) : outcome.appendSummary(to: response)
        }
        // Without the variable this answer would count as success, and the records would be lost.
        guard answersPartially else { throw IngestionFailure(causes: outcome.causes) }
        for cause in outcome.causes { logger.error("\(cause)") }
        outcome.appendBatchItemFailures(to: response)
    }

    private func ingest(
        _ event: ByteBuffer, requestID: String, _ logger: Logger
    ) throws(IngestionFailure) -> (BatchOutcome, isReplay: Bool) {
        do {
            guard let payload = try FailedBatchRecord.payload(in: event) else {
                return (try ingestion.ingest(event, requestID: requestID, logger), false)
            }
            return (try ingestion.replay(payload, requestID: requestID, logger), true)
        } catch {
            throw IngestionFailure(error)
        }
    }

    private func logSummary(_ outcome: BatchOutcome, _ logger: Logger) {
        var metadata: Logger.Metadata = [
            "partitions": .string(outcome.places),
            "records": .stringConvertible(outcome.recordCount), "objects": .stringConvertible(outcome.objectCount),
            "bytes": .stringConvertible(outcome.byteCount),
            "alreadyStored": .stringConvertible(outcome.alreadyStoredCount),
            "quarantined": .stringConvertible(outcome.rejectedCount),
            "tombstones": .stringConvertible(outcome.tombstoneCount),
            "milliseconds": .stringConvertible(outcome.milliseconds), "crawler": .string(outcome.crawler.rawValue),
        ]
        for (counter, count) in client.requestCounts.reported(IngestionMetrics.requestCounters) {
            metadata[counter.name] = .stringConvertible(count)
        }
        logger.info("batch", metadata: metadata)
    }
}

/// Why the invocation fails. Lambda delivers the batch again, so nothing of it is lost.
public struct IngestionFailure: Error, CustomStringConvertible {
    /// In the form that Lambda keeps: `Function.` and letters.
    public var type: String
    public var description: String

    init(_ error: any Error) {
        switch error {
        case is KafkaEventError: type = "Function.InvalidKafkaEvent"
        case is BatchError: type = "Function.InvalidBatch"
        default: type = "Function.IngestionFailed"
        }
        description = "\(error)"
    }

    init(causes: [String]) {
        type = "Function.RecordsNotStored"
        description = "\(causes.joined(separator: "; ")); Lambda will redeliver the batch"
    }
}
