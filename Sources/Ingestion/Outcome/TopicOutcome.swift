import EmbeddedMetrics
import UTC

/// What a batch newly put into the bucket of one topic, and apart from that what it found stored there.
struct TopicOutcome: Equatable {
    var topic: String
    /// Rows and quarantined records together.
    var recordCount = 0
    /// Those under the errors prefix, without tombstones.
    var quarantinedCount = 0
    /// Records that delete their keys, as rows or under the errors prefix.
    var tombstoneCount = 0
    var objectCount = 0
    /// As stored in S3: compressed, with gzip.
    var byteCount = 0
    /// Records that were stored before: by an earlier delivery, which may have ended before it could count them.
    var alreadyStoredCount = 0
    /// How many of those are under the errors prefix.
    var alreadyQuarantinedCount = 0
    /// Records of the batch that are not stored: Lambda redelivers them.
    var notStoredCount = 0
    /// How old the records were by their own time, in milliseconds, when the batch was stored; those without one (-1 is
    /// Kafka's word for that) are left out.
    var latency = Histogram()

    /// In the order in which the batch brought the topics.
    static func all(_ placements: [ObjectPlacement], storedAt: EpochMilliseconds) -> [TopicOutcome] {
        var outcomes: [TopicOutcome] = []
        for placement in placements {
            let topic = placement.draft.topicPartition.topic
            let index = outcomes.firstIndex { $0.topic == topic } ?? outcomes.endIndex
            if index == outcomes.endIndex { outcomes.append(TopicOutcome(topic: topic)) }
            let known = outcomes[index].tombstoneCount
            for object in placement.created { outcomes[index].add(object, placement.draft, storedAt) }
            outcomes[index].alreadyStoredCount += placement.alreadyStoredCount
            let created = placement.created.reduce(0) { $0 + $1.metadata.recordCount }
            let storedCount = created + placement.alreadyStoredCount
            outcomes[index].notStoredCount += max(0, placement.draft.records.count - storedCount)
            if placement.draft.content == .errors {
                let tombstones = placement.draft.tombstoneCount - (outcomes[index].tombstoneCount - known)
                outcomes[index].alreadyQuarantinedCount += max(0, placement.alreadyStoredCount - tombstones)
            }
        }
        return outcomes
    }

    private mutating func add(
        _ object: ObjectPlacement.CreatedObject, _ draft: ObjectDraft, _ storedAt: EpochMilliseconds
    ) {
        let metadata = object.metadata
        recordCount += metadata.recordCount
        let tombstones = draft.tombstoneCount(in: metadata.firstOffset...metadata.lastOffset)
        tombstoneCount += tombstones
        if draft.content == .errors { quarantinedCount += metadata.recordCount - tombstones }
        objectCount += 1
        byteCount += object.byteCount
        for record in draft.records[draft.records(within: metadata)] where record.timestamp >= 0 {
            latency.add(storedAt - record.timestamp)
        }
    }
}
