import CRdKafka

/// One record where librdkafka keeps it: valid only within the call that hands it out.
package struct ConsumedRecord {
    let message: UnsafePointer<rd_kafka_message_t>

    init(_ message: UnsafePointer<rd_kafka_message_t>) { self.message = message }

    package var partition: Int32 { message.pointee.partition }
    package var offset: Int64 { message.pointee.offset }
    package var topic: String { String(cString: rd_kafka_topic_name(message.pointee.rkt)) }

    /// `nil` is a record without a key, which is not the same as an empty one.
    package var key: UnsafeRawBufferPointer? { Self.bytes(message.pointee.key, message.pointee.key_len) }
    /// `nil` is a tombstone.
    package var value: UnsafeRawBufferPointer? { Self.bytes(message.pointee.payload, message.pointee.len) }

    package enum TimestampType: String, Sendable {
        case none = "NO_TIMESTAMP_TYPE"
        case create = "CREATE_TIME"
        case logAppend = "LOG_APPEND_TIME"
    }

    /// Milliseconds since 1970, -1 where the record has none.
    package var timestamp: (milliseconds: Int64, type: TimestampType) {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &type)
        return switch type {
        case RD_KAFKA_TIMESTAMP_CREATE_TIME: (milliseconds, .create)
        case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: (milliseconds, .logAppend)
        default: (-1, .none)
        }
    }

    package func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void) {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return }
        var index = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name {
            body(UnsafeRawBufferPointer(start: name, count: length(name)), Self.bytes(value, size))
            index += 1
        }
    }

    func isOfTopic(_ name: UnsafePointer<CChar>) -> Bool { same(rd_kafka_topic_name(message.pointee.rkt), name) }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> UnsafeRawBufferPointer? {
        start.map { UnsafeRawBufferPointer(start: $0, count: count) }
    }
}
