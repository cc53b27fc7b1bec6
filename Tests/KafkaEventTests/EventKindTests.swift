import Bytes
import KafkaEvent
import Testing

struct EventKindTests {
    @Test(arguments: [
        (#"{"eventSource":"aws:kafka","records":{}}"#, EventKind.kafkaBatch),
        (#"{"records":{},"requestContext":{}}"#, .kafkaBatch),
        (#"{"requestContext":{},"records":{}}"#, .kafkaBatch),
        (#"{"requestContext":{"requestId":"a"},"payload":"{}"}"#, .failedBatchRecord),
        (#"{"version":"1.0","payload":{"records":{}},"KafkaBatchInfo":{}}"#, .failedBatchRecord),
        (#"{"KafkaBatchInfo":{},"payload":"#, .failedBatchRecord),
        (#"{"payload":"{}"}"#, .kafkaBatch), ("{}", .kafkaBatch), ("[1]", .kafkaBatch), ("", .kafkaBatch),
    ])
    func `an event is told by its members, whatever their order, and need not be whole`(text: String, kind: EventKind) {
        let event = ByteBuffer()
        event.append(text)
        #expect(EventKind(of: event) == kind)
    }
}
