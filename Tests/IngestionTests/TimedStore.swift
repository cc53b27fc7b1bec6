import Bytes

@testable import Ingestion

/// A way to the bucket on which time passes, by a clock of its own: every request takes as long as the next, so many
/// are under way at once, and after the deadline each one fails. They start in the order in which the client starts
/// them: what is ready of PUT, then LIST, then HEAD, then GET, each first in, first out.
final class TimedStore: ObjectStore {
    enum Operation: Int, CaseIterable { case put, list, head, get }

    /// What was asked and answered since `begin`.
    private(set) var counts: [Operation: Int] = [:]
    private(set) var created = 0
    /// Objects that were met: by a HEAD or GET, or by a PUT that found the key taken.
    private(set) var met: Set<String> = []

    private let bucket: ModelBucket
    private let clock: History.ModelClock
    /// Milliseconds.
    private let latency: Int64
    private let concurrency: Int
    private var deadline = Int64.max
    private var waiting = Operation.allCases.map { _ in Queue() }
    private var underWay: [(end: Int64, request: Request)] = []
    private var works: [() -> Void] = []

    /// Called with false where time has run out.
    private typealias Request = (Bool) -> Void

    private struct Queue {
        var requests: [Request?] = []
        var head = 0

        mutating func next() -> Request? {
            guard head < requests.count else { return nil }
            defer {
                requests[head] = nil
                head += 1
            }
            return requests[head]
        }
    }

    init(_ bucket: ModelBucket, _ clock: History.ModelClock, latency: Int64, concurrency: Int = 8) {
        self.bucket = bucket
        self.clock = clock
        self.latency = latency
        self.concurrency = concurrency
    }

    /// An invocation that has so many milliseconds.
    func begin(_ milliseconds: Int64) {
        deadline = clock.now + milliseconds
        counts = [:]
        created = 0
        met = []
    }

    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        let object = modelObject(key, body, metadata)
        ask(.put, completion) { [self] in
            let outcome = bucket.create(key, object)
            if outcome == .created { created += 1 } else { met.insert(key) }
            return outcome
        }
    }

    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void) {
        ask(.put, completion) { [self] in bucket.createMarker(key) }
    }

    func metadata(of key: String, completion: @escaping (Result<MetadataAnswer, StoreFailure>) -> Void) {
        ask(.head, completion) { [self] in
            met.insert(key)
            return bucket.metadata(of: key)
        }
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        ask(.get, completion) { [self] in
            met.insert(key)
            return bucket.contents(of: key) ?? ByteBuffer()
        }
    }

    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void
    ) {
        ask(.list, completion) { [self] in bucket.keys(with: prefix, after: start, limit: limit) }
    }

    func whileWaiting(_ work: @escaping () -> Void) { works.append(work) }

    func run() {
        while true {
            while underWay.count < concurrency, let request = nextRequest() {
                let end = clock.now + latency
                if end <= deadline { underWay.append((end, request)) } else { request(false) }
            }
            guard !underWay.isEmpty else { return works = [] }
            for work in works { work() }
            works = []
            let (end, request) = underWay.removeFirst()
            clock.now = end
            request(true)
        }
    }

    private func nextRequest() -> Request? {
        for operation in Operation.allCases {
            if let request = waiting[operation.rawValue].next() { return request }
        }
        return nil
    }

    private func ask<Value>(
        _ operation: Operation, _ completion: @escaping (Result<Value, StoreFailure>) -> Void,
        _ value: @escaping () -> Value
    ) {
        waiting[operation.rawValue].requests.append { [self] isInTime in
            guard isInTime else { return completion(.failure(StoreFailure(description: "no time left"))) }
            counts[operation, default: 0] += 1
            completion(.success(value()))
        }
    }
}
