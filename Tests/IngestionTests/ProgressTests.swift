import Testing

@testable import Ingestion

/// Whatever earlier deliveries stored, a delivery stores everything, or at least half as many new objects as PUTs alone
/// would fit into its time, or finds as much stored; in the same sandbox or in a new one.
struct ProgressTests {
    private typealias Batch = [(TopicPartition, [ModelLog.Record])]
    private let start: Int64 = 1_767_225_600_000
    private let hour: Int64 = 3_600_000
    private let name = TopicPartition(topic: "prices", partition: 0)

    /// One partition's records, `pace` milliseconds apart, from `offset` on.
    private func records(_ offsets: Range<Int64>, pace: Int64, from time: Int64? = nil) -> [ModelLog.Record] {
        offsets.map { .init(offset: $0, timestamp: (time ?? start) + $0 * pace) }
    }

    /// A thousand records of ten partitions, each at a random time within 84 hours.
    private func scattered() -> Batch {
        var random = SplitMix84(state: 84)
        return (0..<10 as Range<Int32>).map { partition in
            let records = (0..<100 as Range<Int64>).map { offset in
                // A millisecond of its own, by which its copies are counted.
                ModelLog.Record(
                    offset: offset, timestamp: start + random.hour() * hour + Int64(partition) * 100 + offset)
            }
            return (TopicPartition(topic: "prices", partition: partition), records)
        }
    }

    private struct SplitMix84 {
        var state: UInt64

        mutating func hour() -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % 84)
        }
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases)
    func `a backlog of 84 hours and ten partitions is stored within six short deliveries`(
        sandboxes: TimedDeliveries.Sandboxes
    ) throws {
        let deliveries = TimedDeliveries(sandboxes, latency: 50, seconds: 6)
        let batch = scattered()
        #expect(try deliveries.count(batch, most: 8) <= 6)
        #expect(deliveries.holdsOnce(batch))
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases)
    func `ten thousand hours of one partition are stored within three deliveries`(
        sandboxes: TimedDeliveries.Sandboxes
    ) throws {
        // A new sandbox has to ask each of ten thousand objects what it is: with eight at a time that takes 62 s.
        let deliveries = TimedDeliveries(sandboxes, latency: 50, seconds: 60, concurrency: sandboxes == .same ? 8 : 16)
        let batch: Batch = [(name, records(0..<10_000, pace: hour))]
        #expect(try deliveries.count(batch, most: 5) <= 3)
        #expect(deliveries.holdsOnce(batch))
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases)
    func `at least once stores 900 objects in one delivery, and adds none in the next`(
        sandboxes: TimedDeliveries.Sandboxes
    ) throws {
        let deliveries = TimedDeliveries(sandboxes, ["DELIVERY": "at-least-once"], latency: 50, seconds: 6)
        let batch: Batch = [(name, records(0..<900, pace: hour))]
        #expect(try deliveries.count(batch, most: 2) == 1)
        _ = try deliveries.count(batch, most: 1)
        #expect(deliveries.bucket.objects.count == 900)
        #expect(deliveries.holdsOnce(batch))
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases)
    func `ten thousand records that lie in an object each are recognised in one delivery`(
        sandboxes: TimedDeliveries.Sandboxes
    ) throws {
        let deliveries = TimedDeliveries(sandboxes, latency: 10, seconds: 60)
        let stored = records(0..<10_000, pace: 100)
        try deliveries.store(stored.map { [$0] }, of: name)
        #expect(try deliveries.count([(name, stored)], most: 2) == 1)
        #expect(deliveries.bucket.objects.count == 10_000)
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases, [0, 1_500] as [Int64])
    func `a topic made again is stored in one delivery among 3,000 objects of its namesake`(
        sandboxes: TimedDeliveries.Sandboxes, first: Int64
    ) throws {
        let deliveries = TimedDeliveries(sandboxes, latency: 10, seconds: 60)
        try deliveries.store(records(0..<3_000, pace: 100).map { [$0] }, of: name)
        // Half an hour later, so in the same folder.
        let batch: Batch = [(name, records(first..<3_000, pace: 100, from: start + hour / 2))]
        #expect(try deliveries.count(batch, most: 2) == 1)
        #expect(deliveries.holdsOnce(batch))
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases)
    func `60,000 keys of another ending beyond the batch are not paged through`(
        sandboxes: TimedDeliveries.Sandboxes
    ) throws {
        let deliveries = TimedDeliveries(sandboxes, ["COMPRESSION": "gzip"], latency: 10, seconds: 60)
        try deliveries.store(records(1_000..<61_000, pace: 10).map { [$0] }, of: name)
        let batch: Batch = [(name, records(100..<200, pace: 10))]
        #expect(try deliveries.count(batch, most: 1) == 1)
        #expect(deliveries.holdsOnce(batch))
        #expect(deliveries.lists <= 2)
    }
}
