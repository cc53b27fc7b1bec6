import Foundation
import Kafka
import TestParts
import Testing
import UTC

@testable import EventSourceMapping

/// What is committed is done, whatever else happens.
@Suite struct CommitTests {
    private let hour: Int64 = 3_600_000

    private func records(_ count: Int, old: Set<Int>) -> [KafkaBroker.Record] {
        (0..<count).map { KafkaBroker.Record("{\"n\":\($0)}", timestamp: Clock.now() - (old.contains($0) ? hour : 0)) }
    }

    @Test func `a record that is too old is given up, and those before it that are not done stay the group's`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(records(10, old: [9]), to: "orders")
        let mapping = RunningMapping(broker) {
            $0.maximumRecordAge = 60_000
        } function: { _ in
            false
        }
        try mapping.wait("a retry") { $0.events.count > 1 && $0.snapshot.discarded == 1 }
        try mapping.stop()
        #expect(broker.committed("orders") == 0)
        #expect(mapping.events.first?.offsets == ["orders-0": Array(0..<9)])
    }

    @Test func `old records between fresh ones are given up once, and no commit goes back`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(records(10, old: [3, 9]), to: "orders")
        let mapping = RunningMapping(broker) {
            $0.maximumRecordAge = 60_000
        } function: {
            $0.number > 1
        }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        let offsets = broker.commits.map(\.offset)
        #expect(offsets == offsets.sorted())
        #expect(offsets.last == 10)
        #expect(mapping.snapshot.discarded == 2)
        #expect(mapping.snapshot.acknowledged == 8)
        #expect(mapping.snapshot.totalLag == 0)
    }

    @Test func `a group that begins at the newest record loses nothing that was read and not acknowledged`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(5, to: "orders")
        let first = RunningMapping(broker, start: .latest) { _ in false }
        try broker.wait("the commit of the start") { $0.committed("orders") == 5 }
        broker.append(30, to: "orders")
        try first.wait("an attempt") { !$0.events.isEmpty }
        try first.stop()
        #expect(broker.committed("orders") == 5)

        let second = RunningMapping(broker, start: .latest) { _ in true }
        try second.wait("the records") { $0.snapshot.acknowledged == 30 }
        try second.stop()
        #expect(second.offsets("orders-0") == Array(5..<35))
    }

    @Test func `a group that begins at the newest record loses nothing when it is rebalanced`() throws {
        let broker = try KafkaBroker(topics: ["orders": 2])
        for partition in 0..<2 { broker.append(5, to: "orders", partition) }
        let first = RunningMapping(broker, start: .latest) { _ in false }
        try first.wait("the assignment") { $0.notices.contains("assigned: orders-0, orders-1") }
        for partition in 0..<2 { broker.append(30, to: "orders", partition) }
        try first.wait("an attempt") { !$0.events.isEmpty }
        let second = RunningMapping(broker, start: .latest) { _ in true }
        try second.wait("half of the records") { $0.snapshot.acknowledged == 30 }
        try first.stop()
        try second.wait("the others") { $0.snapshot.acknowledged == 60 }
        try second.stop()
        #expect(broker.committed("orders", 0) == 35)
        #expect(broker.committed("orders", 1) == 35)
    }

    @Test func `a failed commit is made up for, and its records are counted once`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        let mapping = RunningMapping(broker) { _ in true }
        try broker.wait("the commit of the start") { $0.committed("orders") == 0 }
        broker.refuseCommits(28)  // invalid commit offset size: not one that the client tries again itself
        broker.append(10, to: "orders")
        try broker.wait("a refused commit") { $0.commits.contains { $0.error != 0 } }
        try mapping.wait("the notice") { $0.notices.contains { $0.contains("could not be committed") } }
        #expect(mapping.snapshot.acknowledged == 0)
        broker.refuseCommits(0)
        try broker.wait("the commit") { $0.committed("orders") == 10 }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        #expect(mapping.snapshot.acknowledged == 10)
        #expect(mapping.events.count == 1)
    }

    @Test func `while commits are refused nothing more is done, so that little is done twice`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        let mapping = RunningMapping(broker) {
            $0.batchSize = 10
        } function: { _ in
            true
        }
        try broker.wait("the commit of the start") { $0.committed("orders") == 0 }
        broker.refuseCommits(27)  // a rebalance is in progress
        broker.append(100, to: "orders")
        try broker.wait("three refusals") { $0.commits.count { $0.error != 0 } >= 3 }
        #expect(mapping.events.count == 1)
        broker.refuseCommits(0)
        try broker.wait("the last commit") { $0.committed("orders") == 100 }
        try mapping.stop()
        #expect(mapping.offsets("orders-0") == Array(0..<100))
        // It is no fault, and passes.
        #expect(!mapping.notices.contains { $0.contains("could not be committed") })
    }

    @Test func `commits that are refused for good are no end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(10, to: "orders")
        broker.refuseCommits(30)  // the group is not this user's
        let mapping = RunningMapping(broker) { _ in true }
        try mapping.wait("the reason") {
            if case .stuck(let why) = $0.snapshot.standing { why.contains("could not be committed") } else { false }
        }
        try mapping.stop()
        #expect(mapping.notices.count { $0.contains("could not be committed") } == 1)
    }
}
