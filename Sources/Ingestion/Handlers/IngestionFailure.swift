import KafkaEvent

/// Why the invocation fails. Lambda redelivers the batch, so none of it is lost.
package struct IngestionFailure: Error, CustomStringConvertible {
    /// In the form that Lambda preserves: `Function.` and letters.
    package var type: String
    package var description: String

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
