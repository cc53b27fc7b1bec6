import Foundation
import Kafka
import TestParts
import Testing

@testable import EventSourceMapping

/// Where reading begins, and continues where an offset is gone.
@Suite struct BeginningTests {
    @Test(arguments: [Consumer.Start.earliest, .latest])
    func `a committed offset that was deleted is named, and what exists is read`(start: Consumer.Start) throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        for _ in 0..<5 { broker.append(5, to: "orders") }
        broker.delete(before: 20, of: "orders")
        broker.setCommitted(5, "orders")
        let mapping = RunningMapping(broker, start: start) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        #expect(mapping.offsets("orders-0") == Array(20..<25))
        #expect(mapping.notices.contains { $0.contains("orders-0") && $0.contains("offsets 5…19") })
        #expect(mapping.snapshot.gone == 15)
        #expect(broker.committed("orders") == 25)
    }

    @Test func `records that are deleted while the mapping runs are named, and those that wait are done`() throws {
        let broker = try KafkaBroker(topics: ["orders": 2])
        broker.append(5, to: "orders")
        broker.append(5, to: "orders", 1)
        let lets = Shared(false)
        let mapping = RunningMapping(broker, start: .earliest) { event in
            event.offsets["orders-0"]?.first != 0 || lets.withLock { $0 }
        }
        try mapping.wait("a retry") { $0.events.count > 2 }
        // In one go: there is no moment at which the reader could have got them.
        broker.replace("orders", lowTo: 15, appending: 3)
        try mapping.wait("the notice") { $0.notices.contains { $0.contains("offsets 5…14") } }
        #expect(broker.committed("orders") == 0)
        broker.append(5, to: "orders", 1)
        lets.withLock { $0 = true }
        try mapping.wait("the end") { [broker] _ in
            broker.committed("orders") == 18 && broker.committed("orders", 1) == 10
        }
        try mapping.stop()
        #expect(mapping.snapshot.gone == 10)
        #expect(Set(mapping.offsets("orders-0")) == [0, 1, 2, 3, 4, 15, 16, 17])
        #expect(Set(mapping.offsets("orders-1")) == Set(0..<10))
    }

    @Test func `a topic that was made anew is read from its first record, whatever was committed of the old one`()
        throws
    {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        broker.setCommitted(100, "orders")
        let mapping = RunningMapping(broker, start: .latest) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        #expect(mapping.offsets("orders-0") == [0, 1, 2])
        #expect(mapping.notices.contains { $0.contains("offset 100") && $0.contains("ends at 3") })
        #expect(broker.committed("orders") == 3)
        broker.remake("orders")
        broker.append(2, to: "orders")
        try mapping.wait("the new records") { $0.offsets("orders-0") == [0, 1, 2, 0, 1] }
        try broker.wait("the commit") { $0.committed("orders") == 2 }
        try mapping.stop()
    }

    @Test func `a moment is found by the records' time, and one beyond the last is their end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 2])
        broker.append((0..<10).map { KafkaBroker.Record("{}", timestamp: 1000 + Int64($0)) }, to: "orders")
        broker.append((0..<10).map { KafkaBroker.Record("{}", timestamp: 500 + Int64($0)) }, to: "orders", 1)
        let mapping = RunningMapping(broker, start: .timestamp(1004)) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        #expect(mapping.offsets("orders-0") == Array(4..<10))
        #expect(mapping.offsets("orders-1") == [])
        #expect(broker.committed("orders", 1) == 10)
    }
}
