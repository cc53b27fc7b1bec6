import Bytes
import KafkaEvent
import Logging

/// Stores a batch that the mapping discarded, from the record that an on-failure destination keeps of it.
///
/// It comes from a replay and not from the mapping, so records that are not stored fail the invocation: nothing would
/// read a response that lists them.
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
