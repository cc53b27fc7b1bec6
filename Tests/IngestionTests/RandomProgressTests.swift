import TestParts
import Testing

@testable import Ingestion

/// The rule of `ProgressTests`, for batches and leftovers that nobody has thought of.
struct RandomProgressTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `every delivery makes progress, whatever earlier ones left`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let sandboxes: TimedDeliveries.Sandboxes = Bool.random(using: &random) ? .same : .fresh
        let delivery = Int.random(in: 0..<4, using: &random) == 0 ? "at-least-once" : "exactly-once"
        let deliveries = TimedDeliveries(
            sandboxes, ["DELIVERY": delivery], latency: 50, seconds: Int64.random(in: 1...6, using: &random))
        var batch: [(TopicPartition, [ModelLog.Record])] = []
        let hours = Int64.random(in: 1...60, using: &random)
        for partition in 0..<Int32.random(in: 1...4, using: &random) {
            let name = TopicPartition(topic: "prices", partition: partition)
            let records = (0..<Int64.random(in: 50...400, using: &random)).map { offset in
                ModelLog.Record(
                    offset: offset,
                    timestamp: 1_767_225_600_000 + Int64.random(in: 0..<hours, using: &random) * 3_600_000
                        + Int64(partition) * 1000 + offset)
            }
            batch.append((name, records))
            try leave(records, of: name, in: deliveries, &random)
        }
        let before = deliveries.bucket.objects.count
        _ = try deliveries.count(batch, most: 6)
        if delivery == "exactly-once" { #expect(deliveries.bucket.copies.values.allSatisfy { $0 == 1 }) }
        #expect(before <= deliveries.bucket.objects.count)
    }

    /// Some of the records lie in objects already, long ones or short ones, as earlier deliveries cut them.
    private func leave(
        _ records: [ModelLog.Record], of name: TopicPartition, in deliveries: TimedDeliveries,
        _ random: inout SplitMix
    ) throws {
        let share = Double.random(in: 0...1, using: &random)
        let longest = [1, 1, 5, 50].randomElement(using: &random) ?? 1
        for (_, records) in Dictionary(grouping: records, by: { $0.timestamp / 3_600_000 }).sorted(by: {
            $0.key < $1.key
        }) {
            var rest = records[...]
            while !rest.isEmpty {
                let run = Array(rest.prefix(Int.random(in: 1...longest, using: &random)))
                rest = rest.dropFirst(run.count)
                if Double.random(in: 0..<1, using: &random) < share { try deliveries.store([run], of: name) }
            }
        }
    }
}
