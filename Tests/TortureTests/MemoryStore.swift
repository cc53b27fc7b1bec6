import Bytes

@testable import Ingestion

/// A bucket in memory, for input that never meets a fault.
final class MemoryStore: ObjectStore, CrawlerStarter {
    private(set) var objects: [String: (body: [UInt8], metadata: ObjectMetadata)] = [:]

    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        guard objects[key] == nil else { return completion(.success(.alreadyExists)) }
        objects[key] = (Array(body.bytes), metadata)
        completion(.success(.created))
    }

    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void) {
        completion(.success(.created))
    }

    func metadata(of key: String, completion: @escaping (Result<StoredMetadata, StoreFailure>) -> Void) {
        completion(.success(objects[key].map { .known($0.metadata) } ?? .absent))
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        guard let object = objects[key] else { return completion(.failure(StoreFailure(description: "no \(key)"))) }
        let lines = ByteBuffer(capacity: object.body.count)
        for byte in object.body { lines.append(byte) }
        completion(.success(lines))
    }

    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void
    ) {
        let found = objects.keys.filter { key in
            key.utf8.starts(with: prefix.utf8) && (start.map { $0.utf8.lexicographicallyPrecedes(key.utf8) } ?? true)
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        completion(.success(KeyPage(keys: Array(found.prefix(limit)), isTruncated: found.count > limit)))
    }

    func run() {}

    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> { .success(.started) }
}
