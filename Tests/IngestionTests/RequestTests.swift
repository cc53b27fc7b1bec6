import Bytes
import Logging
import Testing

@testable import Ingestion

@Suite("A batch costs")
struct RequestTests {
    private let bucket = ModelBucket()
    private let name = TopicPartition(topic: "prices", partition: 3)
    private let clock = History.ModelClock()

    private func sandbox(_ settings: [String: String] = [:]) throws -> (Ingestion, ModelStore) {
        let store = ModelStore(bucket, SeededRandom(seed: 1))
        return (try modelIngestion(settings, store, clock), store)
    }

    /// Records of one hour, `offsets` apart by a second.
    private func records(_ offsets: ClosedRange<Int64>) -> [ModelLog.Record] {
        offsets.map { .init(incarnation: 0, offset: $0, timestamp: 1_767_225_600_000 + $0 * 1000, kind: .row) }
    }

    /// What the delivery asked of the store, by its first letters.
    private func deliver(_ offsets: ClosedRange<Int64>, _ sandbox: (Ingestion, ModelStore)) throws -> [String] {
        sandbox.1.forgetRequests()
        let event = modelEvent([(name, records(offsets)[...])])
        let outcome = try sandbox.0.ingest(event, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(outcome.unwritten.isEmpty)
        return sandbox.1.requests.map { String($0.prefix { $0 != " " }) }
    }

    @Test("one look around and one write at first sight, and then one look ahead and one write")
    func usualPath() throws {
        let sandbox = try sandbox()
        #expect(try deliver(0...9, sandbox) == ["LIST", "PUT"])
        #expect(try deliver(10...19, sandbox) == ["LIST", "PUT"])
        #expect(try deliver(20...29, sandbox) == ["LIST", "PUT"])
    }

    @Test("one write where the mapping never passes over a batch, after one look around at first sight")
    func strictOrder() throws {
        let sandbox = try sandbox(["BATCH_ORDER": "strict"])
        #expect(try deliver(0...9, sandbox) == ["LIST", "PUT"])
        #expect(try deliver(10...19, sandbox) == ["PUT"])
        #expect(try deliver(20...29, sandbox) == ["PUT"])
    }

    @Test("another look after a gap, and after a minute in which anything may have happened")
    func looksAgain() throws {
        let sandbox = try sandbox()
        _ = try deliver(0...9, sandbox)
        #expect(try deliver(12...19, sandbox) == ["LIST", "HEAD", "PUT"])
        clock.now += 61_000
        #expect(try deliver(20...29, sandbox) == ["LIST", "HEAD", "PUT"])
    }

    @Test("no write when all of it is stored")
    func redelivered() throws {
        _ = try deliver(0...9, sandbox())
        #expect(try deliver(0...9, sandbox()) == ["LIST", "HEAD"])
        #expect(try deliver(5...9, sandbox()) == ["LIST", "HEAD"])
        #expect(try deliver(3...6, sandbox()) == ["LIST", "HEAD", "GET"])
    }

    @Test("one write with at-least-once, and a look only where its key is taken")
    func atLeastOnce() throws {
        let settings = ["DELIVERY": "at-least-once"]
        #expect(try deliver(0...4, sandbox(settings)) == ["PUT"])
        #expect(try deliver(0...4, sandbox(settings)) == ["PUT", "HEAD"])
        #expect(try deliver(0...9, sandbox(settings)) == ["PUT", "HEAD", "LIST", "PUT"])
        let stored = bucket.objects.values.flatMap(\.lines).compactMap(modelTimestamp)
        #expect(Set(stored) == Set(records(0...9).map(\.timestamp)))
        #expect(bucket.objects.count == 2)
    }

    @Test("more objects where offsets lie far apart, so that a look around sees all that may cover one")
    func boundedSpan() throws {
        let far = [0, 5_000, 9_999, 10_000, 30_000].map {
            ModelLog.Record(incarnation: 0, offset: $0, timestamp: 1_767_225_600_000 + $0, kind: .row)
        }
        let (ingestion, _) = try sandbox()
        _ = try ingestion.ingest(
            modelEvent([(name, far[...])]), Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let ranges = bucket.objects.values.map { [$0.metadata.firstOffset, $0.metadata.lastOffset] }
        #expect(ranges.sorted { $0[0] < $1[0] } == [[0, 9_999], [10_000, 10_000], [30_000, 30_000]])
    }
}
