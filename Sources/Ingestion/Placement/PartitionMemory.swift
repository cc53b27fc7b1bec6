import UTC

/// What this sandbox knows of the objects of each topic-partition: where it left off, and which folders it looked into.
///
/// Everything before that place is stored, and no object that begins before it reaches beyond. So a batch that
/// continues there need not look at what is before it. It still looks ahead: a mapping that bisects failed batches or
/// discards them, or an operator who replays one, may have had later records stored by another sandbox. Only if the
/// mapping never skips a batch (`BATCH_ORDER=strict`) does whatever another sandbox has written since begin at
/// the same record and so under the same key; then nothing is asked.
///
/// What is known goes stale. A topic may have been recreated, or an operator may have moved the consumer group
/// ahead, had records stored there by another sandbox, and moved it back; so after a minute without a batch the sandbox
/// looks around again.
struct PartitionMemory {
    static let lifetimeMilliseconds: Int64 = 60_000
    private static let mostPartitions = 10_000
    private static let mostFolders = 1_000

    /// What is to be listed before a draft is written.
    enum Look: Equatable {
        case nothing
        /// What begins with the batch or later.
        case ahead
        /// Also what begins before it, and may cover it.
        case around
    }

    private struct Place {
        /// The offset after the last one that was stored, with all before it.
        var next: Int64
        var at: Int64
        /// For each key prefix that was looked at, the nearest first offset ahead under which something is stored.
        var ahead: [String: Int64]
    }

    private var places: [TopicPartition: Place] = [:]
    private let order: IngestionConfiguration.BatchOrder
    private let now: () -> Int64

    /// - Parameter now: a monotonic clock, in milliseconds.
    init(_ order: IngestionConfiguration.BatchOrder, now: @escaping () -> Int64) {
        self.order = order
        self.now = now
    }

    /// What could be stored that the records of `draft`, which came in `batch`, would meet unawares.
    func look(for draft: ObjectDraft, of batch: PartitionBatch) -> Look {
        // An object that begins before this batch, but after what an earlier one looked at, may reach into it.
        guard let ahead = current(batch)?.ahead[draft.keyPrefix], ahead >= batch.firstOffset else { return .around }
        return order == .strict && ahead > batch.lastOffset ? .nothing : .ahead
    }

    /// To be called when all of `batch` is stored.
    /// - Parameter seenAhead: what was found ahead of the batch, for the key prefixes that were looked at for it.
    mutating func remember(_ batch: PartitionBatch, seenAhead: [String: Int64]) {
        if places.count >= Self.mostPartitions { places.removeAll() }
        // What was seen for an earlier batch tells of the time before it: another sandbox may have stored since what
        // begins there and reaches into the next batch, though this one had no record of that folder.
        var ahead = order == .strict ? current(batch)?.ahead ?? [:] : [:]
        if ahead.count >= Self.mostFolders { ahead.removeAll() }
        ahead.merge(seenAhead) { $1 }
        places[batch.name] = Place(next: batch.lastOffset &+ 1, at: now(), ahead: ahead)
    }

    mutating func forget(_ partition: TopicPartition) { places[partition] = nil }

    /// What is known, where `batch` continues from it.
    private func current(_ batch: PartitionBatch) -> Place? {
        guard let place = places[batch.name], place.next == batch.firstOffset,
            now() - place.at < Self.lifetimeMilliseconds
        else { return nil }
        return place
    }
}
