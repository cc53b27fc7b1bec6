/// What the objects of a batch that was not wholly stored say of themselves, so that this sandbox need not ask again when
/// the batch is delivered once more: objects do not change, and a listing tells that they are still there.
final class FailedBatchMemory {
    /// Some megabytes at most.
    private static let mostObjects = 20_000
    private var objects: [String: ObjectMetadata] = [:]

    subscript(key: String) -> ObjectMetadata? { objects.isEmpty ? nil : objects[key] }

    func remember(_ placements: some Sequence<ObjectPlacement>) {
        for placement in placements {
            guard objects.count < Self.mostObjects else { return }
            for object in placement.created { objects[object.key] = object.metadata }
            for (key, metadata) in placement.read { objects[key] = metadata }
        }
    }

    func forget() { objects.removeAll() }
}
