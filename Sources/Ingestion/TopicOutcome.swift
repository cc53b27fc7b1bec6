import UTC

/// What a batch newly put into the bucket of one topic, and apart from that what it found stored there.
struct TopicOutcome: Equatable {
    var topic: String
    /// Rows and quarantined records together.
    var recordCount = 0
    var quarantinedCount = 0
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
            for object in placement.created { outcomes[index].add(object, placement.draft.content) }
            outcomes[index].alreadyStoredCount += placement.alreadyStoredCount
            if placement.draft.content == .errors {
                outcomes[index].alreadyQuarantinedCount += placement.alreadyStoredCount
            }
        }
        return outcomes
    }

    private mutating func add(_ object: ObjectPlacement.CreatedObject, _ content: ObjectContent) {
        recordCount += object.recordCount
        if content == .errors { quarantinedCount += object.recordCount }
        objectCount += 1
        byteCount += object.byteCount
        if object.leastTimestamp >= 0 { oldest = min(oldest ?? .max, object.leastTimestamp) }
        if object.greatestTimestamp >= 0 { newest = max(newest ?? 0, object.greatestTimestamp) }
    }
}
