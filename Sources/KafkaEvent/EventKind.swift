import Bytes
import JSON

/// What an event is, judged by the names of its members.
package enum EventKind: Equatable, Sendable {
    /// A batch of the Kafka event source mapping, or nothing known, valid or not: `KafkaEventReader` says what is wrong
    /// with it.
    case kafkaBatch
    /// What an on-failure destination keeps of a batch that failed for good.
    case failedBatchRecord

    /// A Kafka batch is recognised by its first known member, so that the usual event costs next to nothing.
    /// - Parameter event: need not be valid; its reader finds what is wrong with it.
    package init(of event: borrowing ByteBuffer) {
        self = .kafkaBatch
        var cursor = JSONCursor(event.padded)
        var isRecord = false
        var isFirst = true
        do throws(JSONError) {
            try cursor.enterObject()
            while let name = try cursor.nextName(&isFirst) {
                if name.isWritten("eventSource") || name.isWritten("records") { return }
                isRecord = isRecord || name.isWritten("requestContext") || name.isWritten("KafkaBatchInfo")
                try cursor.skipValue()
            }
        } catch {}
        if isRecord { self = .failedBatchRecord }
    }
}
