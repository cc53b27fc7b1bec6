import Bytes
import KafkaEvent
import Logging

/// Stores a batch that the mapping gave up, from the record that an on-failure destination keeps of it.
///
/// It comes from whoever replays it and not from the mapping: what of it is not stored fails the invocation, since
/// nobody would read an answer that says so.
struct FailedBatchHandler {
    private let ingestion: Ingestion
    private let summary: BatchSummary

    init(_ ingestion: Ingestion, _ summary: BatchSummary) {
        self.ingestion = ingestion
        self.summary = summary
    }

    func handle(_ event: ByteBuffer, requestID: String, _ logger: Logger, response: ByteBuffer) throws {
        let payload = try FailedBatchRecord.payload(in: event)
        let outcome: BatchOutcome
        do {
            outcome = try ingestion.replay(payload, requestID: requestID, logger)
        } catch var error as KafkaEventError {
            error.path = "$.payload" + error.path.dropFirst()
            throw error
        }
        summary.write(outcome, logger)
        try outcome.appendSummaryIfStored(to: response)
    }
}
