import Bytes
import Compression

@testable import Ingestion

/// A bucket that behaves as S3 does: a key is created once, reads and lists see every write at once, and a request
/// whose sender has died may still be carried out, any time later.
final class ModelBucket {
    struct Object {
        var lines: [String]
        var metadata: ObjectMetadata
    }

    private(set) var objects: [String: Object] = [:]
    /// Writes of dead sandboxes that are still under way.
    private var underWay: [(key: String, object: Object)] = []

    func create(_ key: String, _ object: Object) -> CreateOutcome {
        if objects[key] != nil { return .alreadyExists }
        objects[key] = object
        return .created
    }

    func keys(with prefix: String, after start: String?, limit: Int) -> KeyPage {
        let all = objects.keys.filter { $0.hasPrefix(prefix) && isBefore(start ?? "", $0) }.sorted(by: isBefore)
        return KeyPage(keys: Array(all.prefix(limit)), isTruncated: all.count > limit)
    }

    func leaveUnderWay(_ key: String, _ object: Object) { underWay.append((key, object)) }

    /// Lets one of the writes that are under way arrive.
    func land(using random: inout some RandomNumberGenerator) {
        guard let index = underWay.indices.randomElement(using: &random) else { return }
        let (key, object) = underWay.remove(at: index)
        _ = create(key, object)
    }

    func landAll() {
        for (key, object) in underWay { _ = create(key, object) }
        underWay.removeAll()
    }
}

/// By the bytes of UTF-8, as S3 sorts.
private func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

/// One sandbox's way to the bucket. Its requests are carried out in any order, fail, lose their answers, and end for
/// good when the sandbox dies.
final class ModelStore: ObjectStore {
    /// What may go wrong, as chances from 0 to 1 for each request.
    struct Faults {
        var refused = 0.0
        var answerLost = 0.0
    }

    var faults = Faults()
    /// After so many requests more, the sandbox dies.
    var requestsToLive = Int.max
    /// Called between two requests: other sandboxes work meanwhile.
    var meanwhile: () -> Void = {}
    private(set) var requests: [String] = []

    private let bucket: ModelBucket
    private var random: any RandomNumberGenerator
    /// What is asked for: carried out with `true`, or abandoned with `false` when the sandbox is dead.
    private var pending: [(Bool) -> Void] = []
    private var works: [() -> Void] = []

    init(_ bucket: ModelBucket, _ random: any RandomNumberGenerator) {
        self.bucket = bucket
        self.random = random
    }

    func forgetRequests() { requests.removeAll() }

    var isDead: Bool { requestsToLive <= 0 }

    func create(
        _ key: String, _ body: ByteBuffer, isGzip: Bool, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        requests.append("PUT \(key)")
        let lines = isGzip ? unpacked(body) : body
        let object = ModelBucket.Object(
            lines: lines.text.split(separator: "\n").map(String.init), metadata: metadata)
        pending.append { [self] isAlive in
            guard isAlive else {
                if Bool.random(using: &random) { bucket.leaveUnderWay(key, object) }
                return
            }
            if chance(faults.refused) { return completion(.failure(StoreFailure(description: "refused \(key)"))) }
            let outcome = bucket.create(key, object)
            // The client asks again and finds what it wrote itself.
            completion(.success(chance(faults.answerLost) ? .alreadyExists : outcome))
        }
    }

    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void) {
        requests.append("PUT \(key)")
        completion(.success(.created))
    }

    func metadata(of key: String, completion: @escaping (Result<StoredMetadata, StoreFailure>) -> Void) {
        requests.append("HEAD \(key)")
        answer(completion) { [self] in
            guard let object = bucket.objects[key] else { return .absent }
            return ObjectMetadata(object.metadata.pairs).map { .known($0) } ?? .unreadable
        }
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        requests.append("GET \(key)")
        answer(completion) { [self] in
            let contents = ByteBuffer()
            for line in bucket.objects[key]?.lines ?? [] { contents.append(line + "\n") }
            return contents
        }
    }

    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void
    ) {
        requests.append("LIST \(prefix)")
        answer(completion) { [self] in bucket.keys(with: prefix, after: start, limit: limit) }
    }

    /// Done between the requests, before or after the answer that it was to be done ahead of, or not at all.
    func whileWaiting(_ work: @escaping () -> Void) { works.append(work) }

    func run() {
        while !pending.isEmpty {
            if !works.isEmpty, Bool.random(using: &random) { works.removeFirst()() }
            meanwhile()
            requestsToLive -= 1
            let request = pending.remove(at: Int.random(in: pending.indices, using: &random))
            request(!isDead)
        }
        works = []
    }

    private func answer<Value>(
        _ completion: @escaping (Result<Value, StoreFailure>) -> Void, _ value: @escaping () -> Value
    ) {
        pending.append { [self] isAlive in
            guard isAlive else { return }
            completion(chance(faults.refused) ? .failure(StoreFailure(description: "refused")) : .success(value()))
        }
    }

    private func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }
}

/// Empty where it is no gzip: then the records are missing, which every test here finds.
private func unpacked(_ body: ByteBuffer) -> ByteBuffer {
    let lines = ByteBuffer()
    try? Gzip.decompress(body.bytes, into: lines)
    return lines
}

/// Xorshift: the same seed gives the same history on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
