import Testing

@testable import Ingestion

/// The smallest member of each kind of history that `ExactlyOnceTests` plays.
struct SmallestHistoryTests {
    private let bucket = ModelBucket()
    private let clock = History.ModelClock()
    private let name = TopicPartition(topic: "prices", partition: 3)

    private func sandbox(_ settings: [String: String] = [:]) throws -> ModelSandbox<ModelStore> {
        try ModelSandbox(settings, ModelStore(bucket, SeededRandom(seed: 1)), clock)
    }

    private func record(_ offset: Int64) -> ModelLog.Record {
        .init(offset: offset, timestamp: 1_767_225_600_000 + offset * 1000)
    }

    private func undated(_ offset: Int64) -> ModelLog.Record { .init(offset: offset, timestamp: -1, id: offset) }

    /// Whether all of it was stored.
    @discardableResult
    private func deliver(
        _ offsets: ClosedRange<Int64>, _ sandbox: ModelSandbox<ModelStore>,
        _ record: ((Int64) -> ModelLog.Record)? = nil
    ) throws -> Bool {
        try sandbox.ingest(name, offsets, record ?? self.record).unwritten.isEmpty
    }

    private func expectOnce(
        _ offsets: ClosedRange<Int64>, _ record: ((Int64) -> ModelLog.Record)? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let copies = offsets.map { bucket.copies[(record ?? self.record)($0).id] ?? 0 }
        let wrong = zip(offsets, copies).filter { $1 != 1 }.map { "\($0) × \($1)" }
        #expect(wrong == [], sourceLocation: location)
    }

    // MARK: Batches passed over

    @Test func `a sandbox that goes on finds the second half that another one stored`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        try deliver(0...99, a)
        try deliver(150...199, b)
        clock.now += 30_000
        #expect(try deliver(100...199, a))
        expectOnce(0...199)
    }

    @Test func `a sandbox that goes on finds both what another one began and what it went on with`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        try deliver(0...99, a)
        try deliver(100...119, b)
        try deliver(150...199, b)
        #expect(try deliver(100...199, a))
        expectOnce(0...199)
    }

    @Test func `a payload that is replayed fills its gap and no more`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        try deliver(0...9, a)
        // 10–19 is given up.
        try deliver(20...29, b)
        try deliver(30...39, a)
        #expect(try deliver(10...19, a))
        #expect(try deliver(5...34, b))
        expectOnce(0...39)
    }

    @Test func `a group moved forth and back without a pause stores nothing twice`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        try deliver(0...9, a)
        try deliver(30...39, b)
        try deliver(10...19, a)
        #expect(try deliver(20...49, a))
        expectOnce(0...49)
    }

    // MARK: No batch passed over

    @Test func `a group moved forth and back with a pause stores nothing twice in strict order`() throws {
        let settings = ["BATCH_ORDER": "strict"]
        let (a, b) = (try sandbox(settings), try sandbox(settings))
        try deliver(0...9, a)
        try deliver(30...39, b)
        clock.now += 61_000
        #expect(try deliver(10...49, a))
        expectOnce(0...49)
    }

    @Test func `a batch in strict order for which nothing was asked does not make the sandbox forget what lies ahead`()
        throws
    {
        let settings = ["BATCH_ORDER": "strict"]
        let (a, b) = (try sandbox(settings), try sandbox(settings))
        try deliver(37...46, b)
        clock.now += 61_000
        try deliver(25...28, a)
        try deliver(29...31, a)
        #expect(try deliver(32...48, a))
        expectOnce(25...48)
    }

    // MARK: Metadata lost

    @Test(arguments: [100...199, 120...139, 90...99, 150...249, 200...209] as [ClosedRange<Int64>])
    func `a delivery that meets an object without its metadata fails, and completes when it is restored`(
        offsets: ClosedRange<Int64>
    ) throws {
        try deliver(100...199, sandbox())
        let key = try #require(bucket.sortedKeys.first)
        bucket.loseMetadata(of: key)
        let isStored = try deliver(offsets, sandbox())
        // What lies in front of the object is not touched by it.
        if offsets.upperBound >= 100 { #expect(!isStored) }
        bucket.restoreMetadata()
        #expect(try deliver(offsets, sandbox()))
        expectOnce(min(offsets.lowerBound, 100)...max(offsets.upperBound, 199), nil)
    }

    @Test func `an object without its metadata between two that have it hides none of its records`() throws {
        try deliver(0...9, sandbox())
        try deliver(10...19, sandbox())
        let middle = try #require(bucket.sortedKeys.last)
        try deliver(20...29, sandbox())
        bucket.loseMetadata(of: middle)
        #expect(try !deliver(0...39, sandbox()))
        #expect(try !deliver(15...39, sandbox()))
        bucket.restoreMetadata()
        #expect(try deliver(0...39, sandbox()))
        expectOnce(0...39)
    }

    // MARK: Settings changed

    private static let changes: [(String, String, String)] = [
        ("COMPRESSION", "gzip", "none"), ("COMPRESSION", "none", "gzip"),
        ("RECORD_METADATA", "none", "kafka"), ("RECORD_METADATA", "kafka", "none"),
        ("RECORD_METADATA", "kafka", "kafka-headers"), ("RECORD_METADATA", "kafka-headers", "none"),
    ]

    @Test(arguments: changes, [0...9, 3...6, 5...14] as [ClosedRange<Int64>])
    func `what was stored with other settings is recognised`(
        change: (name: String, from: String, to: String), offsets: ClosedRange<Int64>
    ) throws {
        try deliver(0...9, sandbox([change.name: change.from]))
        #expect(try deliver(offsets, sandbox([change.name: change.to])))
        expectOnce(0...max(9, offsets.upperBound))
    }

    @Test(arguments: changes, [0...9, 3...6, 5...14] as [ClosedRange<Int64>])
    func `what was stored with other settings is recognised without times as well`(
        change: (name: String, from: String, to: String), offsets: ClosedRange<Int64>
    ) throws {
        try deliver(0...9, sandbox([change.name: change.from]), undated)
        #expect(try deliver(offsets, sandbox([change.name: change.to]), undated))
        expectOnce(0...max(9, offsets.upperBound), undated)
    }

    // MARK: At least once

    @Test(arguments: [1, 2, 10] as [Int64])
    func `the same batch once more adds no object with at-least-once`(length: Int64) throws {
        let settings = ["DELIVERY": "at-least-once"]
        let sandbox = try sandbox(settings)
        try deliver(0...length - 1, sandbox)
        try deliver(0...length - 1, sandbox)
        try deliver(0...length - 1, self.sandbox(settings))
        expectOnce(0...length - 1)
    }

    @Test func `at-least-once loses nothing of a longer batch under the same key`() throws {
        let settings = ["DELIVERY": "at-least-once"]
        try deliver(0...4, sandbox(settings))
        #expect(try deliver(0...9, sandbox(settings)))
        #expect((0...9).allSatisfy { bucket.copies[record($0).id] != nil })
        let objects = bucket.objects.count
        try deliver(0...9, sandbox(settings))
        try deliver(0...4, sandbox(settings))
        #expect(bucket.objects.count == objects)
    }
}
