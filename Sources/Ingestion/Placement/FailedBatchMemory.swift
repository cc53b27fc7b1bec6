import UTC

/// What the objects of a batch that was not wholly stored say of themselves, so that this sandbox need not ask again
/// when the batch is delivered once more. A listing tells that they are still there; that they are still the same ones
/// is trusted for a minute, in which nobody empties a folder and has it filled again.
final class FailedBatchMemory {
    /// Some megabytes at most.
    private static let mostObjects = 20_000

    private var objects: [String: ObjectMetadata] = [:]
    private var since: Int64 = 0
    private let now: () -> Int64

    /// - Parameter now: a monotonic clock, in milliseconds.
    init(now: @escaping () -> Int64) { self.now = now }

    subscript(key: String) -> ObjectMetadata? {
        guard !objects.isEmpty, now() - since < PartitionMemory.lifetimeMilliseconds else { return nil }
        return objects[key]
    }

    func remember(_ placements: some Sequence<ObjectPlacement>) {
        if objects.isEmpty || now() - since >= PartitionMemory.lifetimeMilliseconds {
            objects.removeAll()
            since = now()
        }
        for placement in placements {
            guard objects.count < Self.mostObjects else { return }
            for object in placement.created { objects[object.key] = object.metadata }
            for (key, metadata) in placement.read { objects[key] = metadata }
        }
    }

    func forget() { objects.removeAll() }
}
