import UTC

/// What this sandbox knows of the objects of each topic-partition: where it left off, and which folders it looked into.
///
/// A batch that goes on where the last one ended, in folders where nothing is stored ahead of it, needs no look at
/// what is stored: whatever another sandbox has written since begins at the same record and so under the same key.
///
/// What is known goes stale. An operator may have moved the consumer group ahead, had records stored there by another
/// sandbox, and moved it back; so after a minute without a batch the sandbox looks again.
struct PartitionMemory {
    static let lifetimeMilliseconds: Int64 = 60_000
    private static let mostPartitions = 10_000
    private static let mostFolders = 1_000

    private struct Place {
        /// The offset behind the last one that was stored, with all before it.
        var next: Int64
        var at: Int64
        /// For each stem that was looked at, the nearest first offset ahead under which something is stored.
        var ahead: [String: Int64]
    }

    private var places: [TopicPartition: Place] = [:]
    private let now: () -> Int64

    /// - Parameter now: milliseconds that never go back.
    init(now: @escaping () -> Int64) { self.now = now }

    /// Whether nothing can be stored that the records of `draft`, which came in `batch`, would meet unawares.
    func knows(around draft: ObjectDraft, of batch: PartitionBatch) -> Bool {
        guard let place = current(batch), let ahead = place.ahead[draft.stem] else { return false }
        return ahead > batch.lastOffset
    }

    /// To be called when all of `batch` is stored.
    /// - Parameter seenAhead: what was found ahead of the batch, for the stems that were looked at for it.
    mutating func remember(_ batch: PartitionBatch, seenAhead: [String: Int64]) {
        if places.count >= Self.mostPartitions { places.removeAll() }
        var ahead = current(batch)?.ahead ?? [:]
        if ahead.count >= Self.mostFolders { ahead.removeAll() }
        ahead.merge(seenAhead) { $1 }
        places[batch.name] = Place(next: batch.lastOffset &+ 1, at: now(), ahead: ahead)
    }

    mutating func forget(_ partition: TopicPartition) { places[partition] = nil }

    /// What is known, where `batch` goes on from it.
    private func current(_ batch: PartitionBatch) -> Place? {
        guard let place = places[batch.name], place.next == batch.firstOffset,
            now() - place.at < Self.lifetimeMilliseconds
        else { return nil }
        return place
    }
}
