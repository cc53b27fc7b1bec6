import CRdKafka
import Synchronization
import UTC

/// How many partitions each topic had when the members of a group first saw it.
///
/// A group that begins at the newest record reads partitions that are added later from their first one: all that is
/// in them came after the group began.
package final class FirstSight: Sendable {
    private let counts = Mutex<[String: Int32]>([:])

    package init() {}

    /// The count of the first call, even if later ones differ.
    func count(_ topic: String, now: Int32) -> Int32 {
        counts.withLock { counts in
            let first = counts[topic] ?? now
            counts[topic] = first
            return first
        }
    }

    /// The topic was looked for and does not exist.
    package func sawNothing(of topic: String) { _ = count(topic, now: 0) }
}

extension Consumer {
    /// Milliseconds that a question to the broker may take, and from a failed one to the next.
    private static let patience: (question: Int32, pause: Int64) = (3000, 500)

    /// Begins to read partitions where that was not possible before.
    func resolve() {
        guard !unresolved.isEmpty, Clock.monotonic() >= nextResolution else { return }
        let found = beginnings()
        guard !found.isEmpty else { return }
        reportFatally { () throws(KafkaError) in try read(found) }
        onAssign?(found)
    }

    /// Where the unresolved partitions begin, as far as the broker answers; the others stay unresolved.
    func beginnings() -> [Beginning] {
        guard !unresolved.isEmpty else { return [] }
        nextResolution = Clock.monotonic() + Self.patience.pause
        var found: [Beginning] = []
        report { () throws(KafkaError) in
            let fresh = unresolved.filter { $0.value == nil }.map(\.key)
            let committed = try committed(fresh)
            for (partition, offset) in committed where offset >= 0 {
                found.append(Beginning(partition: partition, offset: offset, isCommitted: true))
            }
            found += try starts(committed.filter { $0.value < 0 }.map(\.key))
        }
        report { () throws(KafkaError) in
            found += try afterLoss(unresolved.compactMapValues { $0 })
        }
        for beginning in found { unresolved[beginning.partition] = nil }
        return found
    }

    /// What the group has committed, -1 where nothing. Partitions of which the broker did not say are left out.
    private func committed(_ partitions: some Collection<TopicPartition>) throws(KafkaError) -> [TopicPartition: Int64]
    {
        guard !partitions.isEmpty else { return [:] }
        let list = PartitionList(partitions.map { ($0, 0) })
        try check(
            rd_kafka_committed(client, list.pointer, Self.patience.question),
            "the group's offsets could not be read; retrying")
        return offsets(list, "the group's offset could not be read; retrying")
    }

    /// Where partitions begin that the group has committed nothing of.
    private func starts(_ partitions: [TopicPartition]) throws(KafkaError) -> [Beginning] {
        guard !partitions.isEmpty else { return [] }
        let moment: Int64 =
            switch start {
            case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
            case .latest: Int64(RD_KAFKA_OFFSET_END)
            case .timestamp(let moment): max(0, moment)
            }
        var moments: [(TopicPartition, Int64)] = []
        for partition in partitions {
            let isNew = start == .latest ? try isNew(partition) : false
            moments.append((partition, isNew ? Int64(RD_KAFKA_OFFSET_BEGINNING) : moment))
        }
        var found = try offsets(at: moments)
        // No record is as young as that: what comes next is.
        let beyond = found.filter { $0.value < 0 }.map { ($0.key, Int64(RD_KAFKA_OFFSET_END)) }
        if !beyond.isEmpty { found.merge(try offsets(at: beyond)) { $1 } }
        return found.filter { $0.value >= 0 }
            .map { Beginning(partition: $0.key, offset: $0.value, isCommitted: false) }
    }

    /// Goes on at the oldest record where the next one's offset is gone. With `LATEST`, too: what exists is not
    /// skipped.
    private func afterLoss(_ lost: [TopicPartition: Int64]) throws(KafkaError) -> [Beginning] {
        guard !lost.isEmpty else { return [] }
        let low = try offsets(at: lost.map { ($0.key, Int64(RD_KAFKA_OFFSET_BEGINNING)) })
        let high = try offsets(at: lost.map { ($0.key, Int64(RD_KAFKA_OFFSET_END)) })
        return lost.compactMap { partition, next in
            guard let low = low[partition], let high = high[partition], low >= 0 else { return nil }
            let gone: Gone? = next < low ? .deleted(next..<low) : next > high ? .cut(next: next, end: high) : nil
            // Within the range again: the answer came from a replica that lags behind its leader.
            return Beginning(partition: partition, offset: gone == nil ? next : low, isCommitted: false, gone: gone)
        }
    }

    private func isNew(_ partition: TopicPartition) throws(KafkaError) -> Bool {
        partition.partition >= firstSight.count(partition.topic, now: try partitionCount(partition.topic))
    }

    /// 0 where the topic does not exist.
    private func partitionCount(_ name: String) throws(KafkaError) -> Int32 {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let topic = rd_kafka_topic_new(client, name, nil)
        defer { if let topic { rd_kafka_topic_destroy(topic) } }
        try check(
            rd_kafka_metadata(client, 0, topic, &metadata, Self.patience.question),
            "the partitions of \(name) could not be read; retrying")
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        guard let metadata, metadata.pointee.topic_cnt > 0 else { return 0 }
        return metadata.pointee.topics[0].partition_cnt
    }

    /// Whether the group has nothing left to read of the topics, as the brokers say now. Partitions of other members
    /// count as well: one that has gone leaves its own to this one, in a while.
    ///
    /// - Parameter next: how far this member has come with its partitions.
    package func isDone(_ topics: [String], _ next: [TopicPartition: Int64]) throws(KafkaError) -> Bool {
        var all = Set(next.keys)
        for topic in topics {
            for number in 0..<max(0, try partitionCount(topic)) {
                all.insert(TopicPartition(topic: topic, partition: number))
            }
        }
        guard !all.isEmpty else { return true }
        let ends = try offsets(at: all.map { ($0, Int64(RD_KAFKA_OFFSET_END)) })
        let others = try committed(all.filter { next[$0] == nil })
        return all.allSatisfy { partition in
            guard let end = ends[partition], let reached = next[partition] ?? others[partition] else { return false }
            return end <= max(0, reached)
        }
    }

    /// The offset of the first record at or after each moment; moments below 0 are librdkafka's names for both ends.
    private func offsets(at moments: [(TopicPartition, Int64)]) throws(KafkaError) -> [TopicPartition: Int64] {
        let list = PartitionList(moments)
        try check(
            rd_kafka_offsets_for_times(client, list.pointer, Self.patience.question),
            "the broker did not say where partitions begin and end; retrying")
        return offsets(list, "the broker did not say where the partition begins and ends; retrying")
    }

    private func offsets(_ list: PartitionList, _ what: String) -> [TopicPartition: Int64] {
        report { () throws(KafkaError) in try list.check(what) }
        let answered = list.entries.filter { $0.error == RD_KAFKA_RESP_ERR_NO_ERROR }
        return Dictionary(answered.map { ($0.partition, max(-1, $0.offset)) }, uniquingKeysWith: { $1 })
    }
}
