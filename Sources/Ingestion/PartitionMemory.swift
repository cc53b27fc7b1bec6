import UTC

/// Where this sandbox left each topic-partition off. A batch that goes on there needs no look at what is stored.
///
/// What is remembered goes stale: another sandbox may have gone on, an operator may have moved the consumer group.
/// Going on elsewhere is harmless (the same keys meet), but a group moved forward and back again would not be seen;
/// so after a minute without a batch the sandbox looks again.
struct PartitionMemory {
    static let lifetimeMilliseconds: Int64 = 60_000
    private static let mostPartitions = 10_000

    private var places: [TopicPartition: (next: Int64, at: Int64)] = [:]

    func continues(_ partition: TopicPartition, at offset: Int64, now: Int64 = Clock.monotonic()) -> Bool {
        guard let place = places[partition] else { return false }
        return place.next == offset && now - place.at < Self.lifetimeMilliseconds
    }

    mutating func remember(_ partition: TopicPartition, last offset: Int64, now: Int64 = Clock.monotonic()) {
        if places.count >= Self.mostPartitions { places.removeAll() }
        places[partition] = (offset &+ 1, now)
    }

    mutating func forget(_ partition: TopicPartition) { places[partition] = nil }
}
