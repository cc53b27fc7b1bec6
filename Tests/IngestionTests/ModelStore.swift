import Bytes

@testable import Ingestion

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
    /// No delivery of a history needs so many requests: it goes round in a circle.
    var isEndless: Bool { requests.count > 2_000 }

    private let bucket: ModelBucket
    private var random: SeededRandom
    /// What is asked for: carried out with `true`, or abandoned with `false` when the sandbox is dead.
    private var pending: [(Bool) -> Void] = []
    private var works: [() -> Void] = []

    init(_ bucket: ModelBucket, _ random: SeededRandom) {
        self.bucket = bucket
        self.random = random
    }

    func forgetRequests() { requests.removeAll() }

    var isDead: Bool { requestsToLive <= 0 }

    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        requests.append("PUT \(key)")
        let object = modelObject(key, body, metadata)
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
        answer(completion) { [self] in bucket.createMarker(key) }
    }

    func metadata(of key: String, completion: @escaping (Result<MetadataAnswer, StoreFailure>) -> Void) {
        requests.append("HEAD \(key)")
        answer(completion) { [self] in bucket.metadata(of: key) }
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        requests.append("GET \(key)")
        answer(completion) { [self] in bucket.contents(of: key) ?? ByteBuffer() }
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
        while !pending.isEmpty, !isEndless {
            if !works.isEmpty, Bool.random(using: &random) { works.removeFirst()() }
            meanwhile()
            requestsToLive -= 1
            let request = pending.remove(at: Int.random(in: pending.indices, using: &random))
            request(!isDead)
        }
        works = []
        pending = []
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
