import AWSCore
import Logging

/// Reports the outcome of a batch: one line in the log, and metrics.
struct BatchSummary {
    private let client: AWSClient
    private let metrics: IngestionMetrics?
    private let requestCounters: [RequestCounter]

    /// - Parameter metrics: `nil` where there are none.
    init(_ configuration: IngestionConfiguration, _ client: AWSClient, _ metrics: IngestionMetrics?) {
        requestCounters = configuration.requestCounters
        self.client = client
        self.metrics = metrics
    }

    func write(_ outcome: BatchOutcome, _ logger: Logger) {
        let requests = client.requestCounts
        var metadata: Logger.Metadata = [
            "partitions": .string(outcome.places),
            "records": .stringConvertible(outcome.recordCount), "objects": .stringConvertible(outcome.objectCount),
            "bytes": .stringConvertible(outcome.byteCount),
            "alreadyStored": .stringConvertible(outcome.alreadyStoredCount),
            "quarantined": .stringConvertible(outcome.rejectedCount),
            "tombstones": .stringConvertible(outcome.tombstoneCount),
            "milliseconds": .stringConvertible(outcome.milliseconds),
            outcome.catalog.label: .string(outcome.catalog.rawValue),
        ]
        for (counter, count) in requests.reported(requestCounters) {
            metadata[counter.name] = .stringConvertible(count)
        }
        logger.info("batch", metadata: metadata)
        metrics?.write(outcome, requests)
    }
}
