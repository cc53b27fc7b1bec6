import Bytes
import Logging

/// Stores a batch of the Kafka event source mapping, and answers with what was not stored.
struct KafkaBatchHandler {
    private let ingestion: Ingestion
    private let summary: BatchSummary
    private let answersPartially: Bool

    /// - Parameter answersPartially: whether the mapping was set up with `ReportBatchItemFailures`.
    init(_ ingestion: Ingestion, _ summary: BatchSummary, answersPartially: Bool) {
        self.ingestion = ingestion
        self.summary = summary
        self.answersPartially = answersPartially
    }

    func handle(_ event: ByteBuffer, requestID: String, _ logger: Logger, response: ByteBuffer) throws {
        let outcome = try ingestion.ingest(event, requestID: requestID, logger)
        summary.write(outcome, logger)
        // Without `ReportBatchItemFailures` such a response would count as success, and the records would be lost.
        guard answersPartially else { return try outcome.appendSummaryIfStored(to: response) }
        for cause in outcome.causes { logger.error("\(cause)") }
        outcome.appendBatchItemFailures(to: response)
    }
}
