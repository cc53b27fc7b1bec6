import CRdKafka

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

func length(_ text: UnsafePointer<CChar>) -> Int { strlen(text) }
func same(_ left: UnsafePointer<CChar>, _ right: UnsafePointer<CChar>) -> Bool { strcmp(left, right) == 0 }

/// A member of a consumer group. Lives on one thread, and everything that happens to its assignment happens within
/// `poll` and `close` on that thread: while a batch is in flight and `poll` is not called, no partition is taken away.
public final class Consumer {
    /// Where a group begins that has committed nothing yet.
    public enum Start: Sendable, Equatable {
        case earliest, latest
        /// Milliseconds since 1970.
        case timestamp(Int64)
    }

    public var onAssign: (([TopicPartition]) -> Void)?
    /// These partitions are another's from now on. `lost`: they already were, so that commits would be refused.
    public var onRevoke: ((_ partitions: [TopicPartition], _ lost: Bool) -> Void)?
    /// What goes wrong with brokers and partitions; the client goes on trying.
    public var onError: ((KafkaError) -> Void)?

    private var client: OpaquePointer?
    private let start: Start
    private var lastTopic = ""

    /// - Throws: `KafkaError` naming a setting that librdkafka does not take.
    public init(_ settings: KafkaSettings, group: String, start: Start) throws(KafkaError) {
        self.start = start
        let configuration = try settings.overridden(by: [
            "group.id": group, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
            "auto.offset.reset": start == .latest ? "latest" : "earliest", "enable.partition.eof": "false",
        ]).configuration()
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_rebalance_cb(configuration) { _, code, partitions, opaque in
            guard let opaque, let partitions else { return }
            Unmanaged<Consumer>.fromOpaque(opaque).takeUnretainedValue().rebalance(code, partitions)
        }
        rd_kafka_conf_set_error_cb(configuration) { _, code, reason, opaque in
            guard let opaque else { return }
            let consumer = Unmanaged<Consumer>.fromOpaque(opaque).takeUnretainedValue()
            let what = reason.map { String(cString: $0) } ?? "Kafka"
            consumer.onError?(KafkaError(rd_kafka_resp_err_t(rawValue: code), what))
        }
        client = try makeClient(RD_KAFKA_CONSUMER, configuration)
        rd_kafka_poll_set_consumer(client)
    }

    deinit {
        (onAssign, onRevoke, onError) = (nil, nil, nil)
        if let client { rd_kafka_destroy(client) }
    }

    public func subscribe(to topics: [String]) throws(KafkaError) {
        let list = PartitionList(topics.map { (TopicPartition(topic: $0, partition: crdkafka_any_partition), 0) })
        let code = rd_kafka_subscribe(client, list.pointer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code, "cannot subscribe to \(topics.joined(separator: ", "))")
        }
    }

    /// Hands out the next record, if one comes in time; rebalances and errors are told meanwhile.
    /// - Returns: whether there was one.
    public func poll(milliseconds: Int32, _ body: (_ record: ConsumedRecord, _ topic: String) -> Void) -> Bool {
        guard let message = rd_kafka_consumer_poll(client, milliseconds) else { return false }
        defer { rd_kafka_message_destroy(message) }
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let reason = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? "Kafka"
            onError?(KafkaError(message.pointee.err, reason))
            return false
        }
        let record = ConsumedRecord(message)
        if !lastTopic.withCString({ record.isOfTopic($0) }) { lastTopic = record.topic }
        body(record, lastTopic)
        return true
    }

    /// Commits, waiting for the broker: `offset` is the next record that the group will read.
    public func commit(_ offsets: [(TopicPartition, Int64)]) throws(KafkaError) {
        let list = PartitionList(offsets)
        let code = rd_kafka_commit(client, list.pointer, 0)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "offsets could not be committed") }
    }

    /// Stops or restarts fetching from a partition; what has been fetched and not handed out is fetched again.
    public func pause(_ partition: TopicPartition, _ paused: Bool) {
        let list = PartitionList([(partition, 0)])
        _ = paused ? rd_kafka_pause_partitions(client, list.pointer) : rd_kafka_resume_partitions(client, list.pointer)
    }

    /// The offset after the newest record, as of the last fetch; `nil` before the first.
    public func highWatermark(_ partition: TopicPartition) -> Int64? {
        var low: Int64 = 0
        var high: Int64 = -1
        let code = rd_kafka_get_watermark_offsets(client, partition.topic, partition.partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Leaves the group. Every partition is revoked first.
    public func close() {
        guard client != nil else { return }
        rd_kafka_consumer_close(client)
    }

    private func rebalance(_ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        let partitions = (0..<Int(list.pointee.cnt)).map { index in
            let entry = list.pointee.elems[index]
            return TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
        }
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if case .timestamp(let moment) = start { seek(list, to: moment) }
            rd_kafka_assign(client, list)
            onAssign?(partitions)
        } else {
            onRevoke?(partitions, rd_kafka_assignment_lost(client) != 0)
            rd_kafka_assign(client, nil)
        }
    }

    /// Partitions the group has committed nothing of begin at the first record of that time.
    private func seek(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, to moment: Int64) {
        guard let committed = rd_kafka_topic_partition_list_copy(list) else { return }
        defer { rd_kafka_topic_partition_list_destroy(committed) }
        guard rd_kafka_committed(client, committed, 10_000) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        for index in 0..<Int(list.pointee.cnt) where committed.pointee.elems[index].offset < 0 {
            let entry = list.pointee.elems[index]
            guard let one = rd_kafka_topic_partition_list_new(1) else { return }
            defer { rd_kafka_topic_partition_list_destroy(one) }
            rd_kafka_topic_partition_list_add(one, entry.topic, entry.partition).pointee.offset = moment
            let code = rd_kafka_offsets_for_times(client, one, 10_000)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                list.pointee.elems[index].offset = one.pointee.elems[0].offset
            } else {
                onError?(KafkaError(code, "the broker could not find the starting timestamp; reading from the earliest record"))
            }
        }
    }
}

/// librdkafka's list of partitions and offsets.
private final class PartitionList {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?

    init(_ offsets: [(TopicPartition, Int64)]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets {
            rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)?.pointee.offset = offset
        }
    }

    deinit { if let pointer { rd_kafka_topic_partition_list_destroy(pointer) } }
}
