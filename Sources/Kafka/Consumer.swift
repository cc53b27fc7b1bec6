import CRdKafka
import Libc
import UTC

func length(_ text: UnsafePointer<CChar>) -> Int { strlen(text) }
func same(_ left: UnsafePointer<CChar>, _ right: UnsafePointer<CChar>) -> Bool { strcmp(left, right) == 0 }

/// A member of a consumer group. Lives on one thread, and everything that happens to its assignment happens within
/// `poll` and `close` on that thread: while a batch is in flight and `poll` is not called, no partition is taken away.
///
/// It resolves itself where each partition begins, and librdkafka reports an offset that no longer exists: left to
/// librdkafka (`auto.offset.reset`), both would happen without a word, and records would be skipped.
package final class Consumer {
    /// Where a group begins that has committed nothing yet.
    package enum Start: Sendable, Equatable {
        case earliest, latest
        /// Milliseconds since 1970.
        case timestamp(Int64)
    }

    /// Where reading begins in a partition that was assigned, or continues where its next offset was gone.
    package struct Beginning: Sendable, Equatable {
        package var partition: TopicPartition
        package var offset: Int64
        /// Whether the group has committed this offset.
        package var isCommitted: Bool
        /// Set where the broker no longer has the offset that was to be read next.
        package var gone: Gone?
    }

    package enum Gone: Sendable, Equatable {
        /// Deleted before the group read them: by retention, or by a person.
        case deleted(Range<Int64>)
        /// The partition ends before the offset: it was truncated, or deleted and recreated.
        case cut(next: Int64, end: Int64)
    }

    /// Partitions are this member's; empty where there are more members than partitions.
    package var onAssign: (([Beginning]) -> Void)?
    /// These partitions are another's from now on. `lost`: they already were, so that commits would be refused.
    package var onRevoke: ((_ partitions: [TopicPartition], _ lost: Bool) -> Void)?
    /// Errors of brokers and partitions; the client keeps trying unless the error is fatal.
    package var onError: ((KafkaError) -> Void)?
    /// All that can be read of the partition has been handed out: nothing comes before this offset, which is beyond
    /// the markers that transactions leave in the log.
    package var onEnd: ((_ partition: TopicPartition, _ next: Int64) -> Void)?

    var client: OpaquePointer?
    let start: Start
    let firstSight: FirstSight
    /// What is assigned and being read, and the next offset of each that is to be handed out.
    var reading: [TopicPartition: Reading] = [:]
    /// Assigned, but not being read: it is not known yet where they begin. With the offset that was gone, if one was.
    var unresolved: [TopicPartition: Int64?] = [:]
    var nextResolution: Int64 = 0
    private var paused: Set<TopicPartition> = []
    private var last: Reading?

    final class Reading {
        let partition: TopicPartition
        var next: Int64
        init(_ partition: TopicPartition, _ next: Int64) { (self.partition, self.next) = (partition, next) }
    }

    /// What the mapping depends on, with the option that stands for it.
    private static let own = [
        "group.id": "--consumer-group-id", "auto.offset.reset": "--starting-position", "enable.auto.commit": nil,
        "enable.auto.offset.store": nil, "enable.partition.eof": nil,
    ]

    /// - Parameter firstSight: shared by the members of a group that belong together.
    /// - Throws: `KafkaError` naming a setting that librdkafka does not take.
    package init(
        _ settings: KafkaSettings, group: String, start: Start, firstSight: FirstSight = FirstSight()
    ) throws(KafkaError) {
        self.start = start
        self.firstSight = firstSight
        for (name, option) in Self.own.sorted(by: { $0.key < $1.key }) where settings.values[name] != nil {
            throw KafkaError(
                "the Kafka property \(name) cannot be set: " + (option.map { "use \($0)" } ?? "leave it out"))
        }
        let configuration = try settings.overridden(by: [
            "group.id": group, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
            "auto.offset.reset": "error", "enable.partition.eof": "true",
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
        try check(rd_kafka_poll_set_consumer(client), "the consumer's queue could not be set")
    }

    deinit {
        (onAssign, onRevoke, onError, onEnd) = (nil, nil, nil, nil)
        // Destroying a member closes it first, which would wait forever if closing has not finished.
        if let client { rd_kafka_destroy_flags(client, isClosed ? 0 : Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)) }
    }

    package func subscribe(to topics: [String]) throws(KafkaError) {
        let list = PartitionList(topics.map { (TopicPartition(topic: $0, partition: crdkafka_any_partition), 0) })
        try check(rd_kafka_subscribe(client, list.pointer), "cannot subscribe to \(topics.joined(separator: ", "))")
    }

    /// Returns the next record, if one arrives in time; rebalances, ends and errors are reported meanwhile.
    /// - Returns: whether there was one.
    package func poll(
        milliseconds: Int32, _ body: (_ record: ConsumedRecord, _ partition: TopicPartition) -> Void
    ) -> Bool {
        resolve()
        guard let message = rd_kafka_consumer_poll(client, milliseconds) else { return false }
        defer { rd_kafka_message_destroy(message) }
        let code = message.pointee.err
        guard
            code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTITION_EOF
                || code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
        else {
            let reason = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? "Kafka"
            let topic = message.pointee.rkt.flatMap(rd_kafka_topic_name).map { String(cString: $0) }
            onError?(KafkaError(code, reason, topic: topic))
            return false
        }
        guard let reading = reading(of: ConsumedRecord(message)) else { return false }
        switch code {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            reading.next = max(reading.next, message.pointee.offset)
            onEnd?(reading.partition, reading.next)
            return false
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            unresolved[reading.partition] = .some(reading.next)
            return false
        default:
            // Handed out before: a restart of the reading can bring a record twice.
            guard message.pointee.offset >= reading.next else { return false }
            reading.next = message.pointee.offset &+ 1
            body(ConsumedRecord(message), reading.partition)
            return true
        }
    }

    /// Records come in runs of one partition. `nil` for one that is not this member's any more.
    private func reading(of record: ConsumedRecord) -> Reading? {
        if let last, last.partition.partition == record.partition,
            last.partition.topic.withCString({ record.isOfTopic($0) })
        {
            return last
        }
        last = reading[TopicPartition(topic: record.topic, partition: record.partition)]
        return last
    }

    /// Commits, waiting for the broker: `offset` is the next record that the group will read.
    ///
    /// For 10 s at most: librdkafka's own waiting commit never returns where the group's coordinator is gone. A commit
    /// that is carried out after that is one that would have been made again.
    package func commit(_ offsets: [(TopicPartition, Int64)]) throws(KafkaError) {
        let what = "offsets could not be committed"
        let list = PartitionList(offsets)
        let answers = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(answers) }
        try check(rd_kafka_commit_queue(client, list.pointer, answers, nil, nil), what)
        guard let answer = rd_kafka_queue_poll(answers, 10_000) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, what)
        }
        defer { rd_kafka_event_destroy(answer) }
        try check(rd_kafka_event_error(answer), what)
        try PartitionList.check(rd_kafka_event_topic_partition_list(answer), what)
    }

    /// Stops or restarts fetching from a partition; what has been fetched and not handed out is fetched again.
    package func pause(_ partition: TopicPartition, _ pauses: Bool) throws(KafkaError) {
        if pauses { paused.insert(partition) } else { paused.remove(partition) }
        try apply(pauses, to: [partition])
    }

    private func apply(_ pauses: Bool, to partitions: [TopicPartition]) throws(KafkaError) {
        guard !partitions.isEmpty else { return }
        let list = PartitionList(partitions.map { ($0, 0) })
        let what = pauses ? "reading could not be paused" : "reading could not be resumed"
        try check(
            pauses ? rd_kafka_pause_partitions(client, list.pointer) : rd_kafka_resume_partitions(client, list.pointer),
            what)
        try list.check(what)
    }

    /// The offset after the newest record, as of the last fetch; `nil` before the first.
    package func highWatermark(_ partition: TopicPartition) -> Int64? {
        var low: Int64 = 0
        var high: Int64 = -1
        let code = rd_kafka_get_watermark_offsets(client, partition.topic, partition.partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Whether it is not known yet where some partitions of this member begin.
    package var isResolving: Bool { !unresolved.isEmpty }

    /// Leaves the group. Every partition is revoked first.
    ///
    /// Within 10 s: librdkafka's own waiting call never returns where the group's coordinator is gone. The group then
    /// finds out by itself, when the session's time is over.
    package func close() {
        guard client != nil, !isClosed else { return }
        let what = "could not leave the group cleanly"
        report { () throws(KafkaError) in
            let events = rd_kafka_queue_new(client)
            defer { rd_kafka_queue_destroy(events) }
            try check(rd_kafka_consumer_close_queue(client, events), what)
            // Each call carries out a callback, or hands out a record that was fetched and comes too late, or waits.
            let end = Clock.monotonic() + 10_000
            while rd_kafka_consumer_closed(client) == 0, Clock.monotonic() < end {
                if let message = rd_kafka_consume_queue(events, 100) { rd_kafka_message_destroy(message) }
            }
            isClosed = rd_kafka_consumer_closed(client) != 0
            guard isClosed else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, what) }
        }
    }

    private var isClosed = false

    func report(_ body: () throws(KafkaError) -> Void) {
        do { try body() } catch { onError?(error) }
    }

    /// Without its partitions a member would continue, and read nothing.
    func reportFatally(_ body: () throws(KafkaError) -> Void) {
        do { try body() } catch { onError?(error.asFatal) }
    }

    // MARK: Rebalances

    private var isCooperative: Bool {
        rd_kafka_rebalance_protocol(client).map { same($0, "COOPERATIVE") } ?? false
    }

    private func rebalance(_ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        let partitions = PartitionList.entries(list).map(\.partition)
        last = nil
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            for partition in partitions { unresolved[partition] = .some(nil) }
            let beginnings = beginnings()
            reportFatally { () throws(KafkaError) in try read(beginnings) }
            // If the broker does not say yet where they begin, they are reported once it does.
            if partitions.isEmpty || !beginnings.isEmpty { onAssign?(beginnings) }
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: revoke(partitions, lost: rd_kafka_assignment_lost(client) != 0)
        default:
            onError?(KafkaError(code, "the group could not be rebalanced"))
            revoke(Array(reading.keys) + unresolved.keys, lost: true)
        }
    }

    private func revoke(_ partitions: [TopicPartition], lost: Bool) {
        onRevoke?(partitions, lost)
        let read = partitions.filter { reading[$0] != nil }
        for partition in partitions {
            reading[partition] = nil
            unresolved[partition] = nil
            paused.remove(partition)
        }
        reportFatally { () throws(KafkaError) in
            guard isCooperative else {
                return try check(rd_kafka_assign(client, nil), "partitions could not be released")
            }
            let list = PartitionList(read.map { ($0, 0) })
            try check(rd_kafka_incremental_unassign(client, list.pointer), "partitions could not be released")
        }
    }

    /// Reads these from where they begin, in addition to what is read already.
    func read(_ beginnings: [Beginning]) throws(KafkaError) {
        let reread = beginnings.map(\.partition).filter { reading[$0] != nil }
        for beginning in beginnings { reading[beginning.partition] = Reading(beginning.partition, beginning.offset) }
        last = nil
        if isCooperative {
            if !reread.isEmpty {
                let list = PartitionList(reread.map { ($0, 0) })
                try check(rd_kafka_incremental_unassign(client, list.pointer), "partitions could not be reassigned")
            }
            let list = PartitionList(beginnings.map { ($0.partition, $0.offset) })
            try check(rd_kafka_incremental_assign(client, list.pointer), "partitions could not be assigned")
        } else {
            let list = PartitionList(reading.values.map { ($0.partition, $0.next) })
            try check(rd_kafka_assign(client, list.pointer), "partitions could not be assigned")
        }
        // One that was paused when it was taken away would come back paused and never be read.
        try apply(false, to: beginnings.map(\.partition).filter { !paused.contains($0) })
        try apply(true, to: Array(paused))
    }
}
