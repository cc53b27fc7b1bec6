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
    /// As S3 has them: packed, with gzip.
    var byteCount = 0
    /// Records that were stored before: by an earlier delivery, which may have ended before it could count them.
    var alreadyStoredCount = 0
    /// How many of those are under the errors prefix.
    var alreadyQuarantinedCount = 0
    /// The times of the records stored, where they have any; -1 is Kafka's word for none.
    var oldest: EpochMilliseconds?
    var newest: EpochMilliseconds?

    /// In the order in which the batch brought the topics; none of which nothing is stored.
    static func all(_ placements: [ObjectPlacement]) -> [TopicOutcome] {
        var outcomes: [TopicOutcome] = []
        for placement in placements where placement.hasStored {
            let topic = placement.draft.topicPartition.topic
            let index = outcomes.firstIndex { $0.topic == topic } ?? outcomes.endIndex
            if index == outcomes.endIndex { outcomes.append(TopicOutcome(topic: topic)) }
            let known = outcomes[index].tombstoneCount
            for object in placement.created { outcomes[index].add(object, placement.draft) }
            outcomes[index].alreadyStoredCount += placement.alreadyStoredCount
            if placement.draft.content == .errors {
                let tombstones = placement.draft.tombstoneCount - (outcomes[index].tombstoneCount - known)
                outcomes[index].alreadyQuarantinedCount += max(0, placement.alreadyStoredCount - tombstones)
            }
        }
        return outcomes
    }

    private mutating func add(_ object: ObjectPlacement.CreatedObject, _ draft: ObjectDraft) {
        let metadata = object.metadata
        recordCount += metadata.recordCount
        let tombstones = draft.tombstoneCount(in: metadata.firstOffset...metadata.lastOffset)
        tombstoneCount += tombstones
        if draft.content == .errors { quarantinedCount += metadata.recordCount - tombstones }
        objectCount += 1
        byteCount += object.byteCount
        if metadata.leastTimestamp >= 0 { oldest = min(oldest ?? .max, metadata.leastTimestamp) }
        if metadata.greatestTimestamp >= 0 { newest = max(newest ?? 0, metadata.greatestTimestamp) }
    }
}
