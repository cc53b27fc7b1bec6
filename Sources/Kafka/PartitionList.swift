import CRdKafka

/// librdkafka's list of partitions, each with an offset (or, where librdkafka wants one, a time) and an error.
final class PartitionList {
    /// `nil` if there was no memory.
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?

    init(_ offsets: some Collection<(TopicPartition, Int64)>) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
        for (partition, offset) in offsets {
            rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)?.pointee.offset = offset
        }
    }

    deinit { if let pointer { rd_kafka_topic_partition_list_destroy(pointer) } }

    struct Entry {
        var partition: TopicPartition
        var offset: Int64
        var error: rd_kafka_resp_err_t
    }

    var entries: [Entry] { Self.entries(pointer) }

    static func entries(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> [Entry] {
        guard let list else { return [] }
        return (0..<Int(list.pointee.cnt)).map { index in
            let entry = list.pointee.elems[index]
            let partition = TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
            return Entry(partition: partition, offset: entry.offset, error: entry.err)
        }
    }

    /// A call can succeed as a whole and fail for some partitions.
    func check(_ what: String) throws(KafkaError) { try Self.check(pointer, what) }

    static func check(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ what: String
    ) throws(KafkaError) {
        let failed = entries(list).filter { $0.error != RD_KAFKA_RESP_ERR_NO_ERROR }
        guard let first = failed.first else { return }
        let more = failed.count > 1 ? " and \(failed.count - 1) more partitions" : ""
        throw KafkaError(first.error, "\(what) for \(first.partition)\(more)")
    }
}

/// Throws what librdkafka refused.
func check(_ code: rd_kafka_resp_err_t, _ what: @autoclosure () -> String) throws(KafkaError) {
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, what()) }
}

/// Throws, and frees, the error that a call returned in place of a code.
func check(_ error: OpaquePointer?, _ what: @autoclosure () -> String) throws(KafkaError) {
    guard let error else { return }
    defer { rd_kafka_error_destroy(error) }
    throw KafkaError(rd_kafka_error_code(error), what())
}
