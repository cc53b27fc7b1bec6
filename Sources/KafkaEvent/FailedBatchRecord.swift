import Bytes
import JSON

/// What Lambda writes to an on-failure destination about a batch that failed for good. In S3 it holds the whole event,
/// as a string, under `payload`; in Kafka, as an object; SQS and SNS get no payload.
/// https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
package enum FailedBatchRecord {
    /// The batch that the record holds, as a copy.
    ///
    /// - Parameter event: one whose `EventKind` is `failedBatchRecord`.
    /// - Throws: `KafkaEventError` where it has no payload or cannot be read to its end.
    package static func payload(in event: ByteBuffer) throws(KafkaEventError) -> ByteBuffer {
        var cursor = JSONCursor(event.padded)
        var payload: ByteBuffer?
        do throws(JSONError) {
            try cursor.enterObject()
            var isFirst = true
            while let name = try cursor.nextName(&isFirst) {
                if name.isWritten("payload") {
                    payload = try readPayload(&cursor)
                } else {
                    try cursor.skipValue()
                }
            }
            try cursor.expectEnd()
        } catch {
            throw refusal(event, at: error.offset, expected: error.problem)
        }
        guard let payload else { throw refusal(event, at: cursor.offset, expected: missingPayload) }
        return payload
    }

    /// The events of API Gateway and its like have a `requestContext` too.
    private static func refusal(_ event: ByteBuffer, at offset: Int, expected: String) -> KafkaEventError {
        KafkaEventError(path: "$", offset: offset, expected: expected, otherEvent: OtherEvent(event.padded)?.message)
    }

    private static let missingPayload =
        "a payload, which the record of a failed batch has in S3; without one its records can only be read from Kafka"

    /// `null`, as well as no payload, leaves nothing to ingest.
    private static func readPayload(_ cursor: inout JSONCursor) throws(JSONError) -> ByteBuffer? {
        if try cursor.skipNull() { return nil }
        let start = cursor.position
        guard cursor.peek() == UInt8(ascii: "\"") else {
            try cursor.skipValue()
            let payload = ByteBuffer(capacity: cursor.position - start)
            payload.append(UnsafeRawBufferPointer(start: start, count: cursor.position - start))
            return payload
        }
        let text = try cursor.readString()
        let payload = ByteBuffer(capacity: text.raw.count)
        text.append(to: payload)
        return payload
    }
}
