import Testing
import TestParts

@testable import EventSourceMapping

@Suite struct PartitionProgressTests {
    private func records(_ offsets: [Int64], epoch: Int32 = 0) -> [EventRecord] {
        offsets.map { EventRecord(offset: $0, timestamp: 0, json: [], epoch: epoch) }
    }

    @Test func `whatever the order in which records are done, the lowest that is not done is never passed`() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix(seed: seed)
            var progress = PartitionProgress(next: 0, committed: 0)
            // Offsets with holes, as compaction leaves them.
            var offsets: [Int64] = []
            for offset in 0..<60 as Range<Int64> where !Int.random(in: 0..<3, using: &random).isMultiple(of: 3) {
                offsets.append(offset)
                progress.read(offset)
            }
            var open = Set(offsets)
            var before: Int64 = 0
            for offset in offsets.shuffled(using: &random) {
                progress.finish(records([offset]), acknowledged: true)
                open.remove(offset)
                #expect(progress.committable == open.min() ?? progress.next)
                #expect(progress.committable >= before)
                before = progress.committable
                #expect(progress.pendingCount == open.count)
            }
            #expect(progress.hasCommitted(progress.committable) == offsets.count)
            #expect(!progress.isBehindCommit)
        }
    }

    @Test func `records of a log that was made anew are not taken for those of the old one`() {
        var progress = PartitionProgress(next: 0, committed: 0)
        for offset in 0..<3 as Range<Int64> { progress.read(offset) }
        progress.restart(at: 0)
        progress.read(0)
        progress.finish(records([0, 1, 2]), acknowledged: true)
        #expect(progress.committable == 0)
        progress.finish(records([0], epoch: progress.epoch), acknowledged: true)
        #expect(progress.committable == 1)
    }
}
