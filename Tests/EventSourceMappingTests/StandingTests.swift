import Foundation
import Kafka
import TestParts
import Testing

@testable import EventSourceMapping

/// Lag, and whether there is more to come.
@Suite struct StandingTests {
    @Test func `the markers of transactions are no lag, and nothing is waited for after them`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        broker.appendCommitMarker(to: "orders")
        broker.append(3, to: "orders")
        broker.appendCommitMarker(to: "orders")
        let mapping = RunningMapping(broker) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        #expect(mapping.offsets("orders-0") == [0, 1, 2, 4, 5, 6])
        #expect(mapping.snapshot.totalLag == 0)
        #expect(broker.committed("orders") == 8)
    }

    @Test func `a topic of markers alone comes to its end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.appendCommitMarker(to: "orders")
        let mapping = RunningMapping(broker) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        #expect(mapping.snapshot.totalLag == 0)
        #expect(broker.committed("orders") == 1)
    }

    @Test func `an open transaction is not waited for`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        broker.append(3, to: "orders")
        broker.openTransaction(at: 3, in: "orders")
        let mapping = RunningMapping(broker) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
        #expect(mapping.offsets("orders-0") == [0, 1, 2])
        #expect(broker.committed("orders") == 3)
    }

    @Test func `what waits for a retry is not idle`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        let mapping = RunningMapping(broker) { $0.number >= 8 }
        var seen: [MappingStatistics.Snapshot.Standing] = []
        try mapping.wait("the ninth attempt") {
            if $0.events.count < 8 { seen.append($0.snapshot.standing) }
            return $0.events.count == 9
        }
        #expect(!seen.contains(.idle))
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
    }

    @Test func `partitions that another member leaves undone are not taken for an end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 2])
        for partition in 0..<2 { broker.append(5, to: "orders", partition) }
        let first = RunningMapping(broker) { _ in false }
        try first.wait("an attempt") { !$0.events.isEmpty }
        let second = RunningMapping(broker) { _ in true }
        try second.wait("its part") { $0.snapshot.acknowledged == 5 && $0.snapshot.totalLag == 0 }
        let seen = first.events.count
        var standings: [MappingStatistics.Snapshot.Standing] = []
        try first.wait("more attempts") {
            standings.append(second.snapshot.standing)
            return $0.events.count > seen + 10
        }
        #expect(!standings.contains(.idle))
        try first.stop()
        try second.wait("the end") { $0.snapshot.standing == .idle }
        try second.stop()
        #expect(second.snapshot.acknowledged == 10)
    }

    @Test func `a broker that is gone is not taken for an end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        let mapping = RunningMapping(broker) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        broker.stop()
        try mapping.wait("the outage") { if case .stuck = $0.snapshot.standing { true } else { false } }
        try mapping.stop()
    }

    @Test func `a broker that keeps its connections and answers nothing is not taken for an end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        let mapping = RunningMapping(broker, properties: ["socket.timeout.ms": "1000"]) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        broker.fallSilent()
        try mapping.wait("the outage") { if case .stuck = $0.snapshot.standing { true } else { false } }
        try mapping.stop()
    }

    @Test func `a broker that was never there is not taken for an end`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.stop()
        let mapping = RunningMapping(broker) { _ in true }
        try mapping.wait("the outage") { if case .stuck = $0.snapshot.standing { true } else { false } }
        try mapping.stop()
    }

    @Test func `a missing topic is named, also beside one that is there, and read once it is made`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        let mapping = RunningMapping(broker, topics: ["orders", "odrers"], start: .latest) { _ in true }
        try mapping.wait("the topic's name") {
            if case .stuck(let why) = $0.snapshot.standing { why.contains("odrers") } else { false }
        }
        broker.grow("odrers", to: 1)
        broker.append(2, to: "odrers")
        // All that is in it came after the group began.
        try mapping.wait("its records") { $0.offsets("odrers-0") == [0, 1] }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        try mapping.stop()
    }

    @Test func `partitions that are added are read from their first record`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        broker.append(3, to: "orders")
        let mapping = RunningMapping(broker, start: .latest) { _ in true }
        try mapping.wait("the end") { $0.snapshot.standing == .idle }
        broker.grow("orders", to: 3)
        broker.append(2, to: "orders", 2)
        try mapping.wait("the new records") { $0.offsets("orders-2") == [0, 1] }
        try mapping.stop()
        #expect(mapping.offsets("orders-0") == [])
    }

    @Test(arguments: ["cooperative-sticky", "range,roundrobin"])
    func `each strategy of assignment reads everything, with members coming and going`(strategy: String) throws {
        let broker = try KafkaBroker(topics: ["orders": 6])
        for partition in 0..<6 { broker.append(50, to: "orders", partition) }
        let properties: KafkaSettings = ["partition.assignment.strategy": strategy]
        let first = RunningMapping(broker, properties: properties) {
            $0.batchSize = 10
        } function: { _ in
            true
        }
        try first.wait("the first records") { $0.snapshot.acknowledged > 0 }
        let second = RunningMapping(broker, properties: properties) {
            $0.pollers = 2
        } function: { _ in
            true
        }
        try second.wait("its partitions") { $0.notices.contains { $0.hasPrefix("assigned: orders") } }
        for partition in 0..<6 { broker.append(50, to: "orders", partition) }
        try second.wait("the end") { $0.snapshot.standing == .idle && first.snapshot.standing == .idle }
        try second.stop()
        for partition in 0..<6 { broker.append(50, to: "orders", partition) }
        try first.wait("the end without the other") { [broker] _ in
            (0..<6).allSatisfy { broker.committed("orders", $0) == 150 }
        }
        try first.stop()
        for partition in 0..<6 {
            let read = first.offsets("orders-\(partition)") + second.offsets("orders-\(partition)")
            #expect(Set(read) == Set(0..<150))
        }
    }

    @Test func `a property that the mapping depends on is refused`() throws {
        let broker = try KafkaBroker(topics: ["orders": 1])
        let mapping = RunningMapping(broker, properties: ["auto.offset.reset": "latest"]) { _ in true }
        try mapping.wait("the refusal") { $0.failed != nil }
        try mapping.stop()
        #expect(mapping.failed.map { "\($0)" }?.contains("--starting-position") == true)
    }
}
