import Foundation
import TestParts
import Testing

/// Kafka delivers at least once, with other boundaries each time; the bucket holds each record exactly once.
@Suite struct `A redelivery` {
    @Test(arguments: ["msk", "awkward"]) func `of the same batch writes nothing`(_ sample: String) throws {
        let event = try Event.sample(sample)
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket)
        #expect(try !sandbox.invoke(event).isError)
        let writings = try bucket.writings()
        let again = try sandbox.invoke(event)
        #expect(again.object?["objects"] as? Int == 0 && again.object?["records"] as? Int ?? 0 > 0)
        #expect(try !Sandbox(bucket).invoke(event).isError)
        #expect(try bucket.writings() == writings)
        try bucket.expect([event])
    }

    @Test(arguments: [
        [0...9, 0...19], [0...19, 0...9, 10...19], [0...9, 5...14], [0...9, 10...19, 5...24], [10...19, 0...29],
        [10...14, 20...24, 0...29], [0...9, 3...5, 9...10, 0...12], [5...5, 7...7, 0...9],
    ])
    func `that is longer, cut, or begins in the middle leaves each record once`(_ deliveries: [ClosedRange<Int>]) throws
    {
        let records = (0...29).map { offset in
            Record(offset, timestamp: Event.noon + offset % 2 * Event.hour, value: offset % 5 == 0 ? "no JSON" : nil)
        }
        let events = try deliveries.map { range in try Event.msk(Array(records[range])) }
        for isFresh in [false, true] {
            let bucket = try Bucket()
            var sandbox = try Sandbox(bucket)
            for event in events {
                if isFresh { sandbox = try Sandbox(bucket) }
                #expect(try !sandbox.invoke(event).isError)
            }
            try bucket.expect(events, ["cut": true])
        }
    }

    @Test func `in whatever pieces, to whichever sandbox, leaves each record once`() throws {
        var random = Seeded(state: 2026)
        let records = (0..<200).map { Record($0, timestamp: Event.noon + $0 / 70 * Event.hour) }
        let bucket = try Bucket()
        let sandboxes = try (0..<3).map { _ in try Sandbox(bucket) }
        var events: [String] = []
        for _ in 0..<40 {
            let first = Int.random(in: 0..<200, using: &random)
            let last = min(199, first + Int.random(in: 0..<50, using: &random))
            events.append(try Event.msk(Array(records[first...last])))
            let sandbox = sandboxes[Int.random(in: 0..<3, using: &random)]
            #expect(try !sandbox.invoke(events[events.count - 1]).isError)
        }
        try bucket.expect(events, ["cut": true])
    }

    @Test func `meets an object that is not ours with an error that names it`() throws {
        let bucket = try Bucket()
        let key = "topics/prices/dt=2026-11-21/hour=12/prices+0+00000000000000000000.json.gz"
        try bucket.put(key, "something else")
        let reply = try Sandbox(bucket).invoke(Event.msk(0...2))
        #expect(reply.isError && reply.errorMessage.contains(key), "\(reply.text)")
        #expect(try bucket.keys() == [key])
    }
}

/// The same numbers each time: SplitMix64.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
