import Foundation

/// A consumer group's members and what they committed.
struct KafkaGroup {
    struct Member {
        var protocols: [(name: String, metadata: [UInt8])]
        var hasJoined = true
    }

    enum Phase { case joining, syncing, stable }

    var members: [String: Member] = [:]
    var generation: Int32 = 0
    var phase = Phase.stable
    var leader = ""
    var assignments: [String: [UInt8]] = [:]
    var offsets: [String: Int64] = [:]
    /// Members that did not come back by then are out.
    var joinDeadline = Date.distantFuture

    mutating func rebalance() {
        guard phase != .joining else { return }
        phase = .joining
        joinDeadline = Date(timeIntervalSinceNow: 5)
        for name in members.keys { members[name]?.hasJoined = false }
    }

    /// Ends the joining once everybody is there, or time is up.
    mutating func completeJoining() {
        guard phase == .joining, members.values.allSatisfy(\.hasJoined) || Date() >= joinDeadline else { return }
        members = members.filter(\.value.hasJoined)
        generation += 1
        leader = members.keys.min() ?? ""
        assignments = [:]
        phase = members.isEmpty ? .stable : .syncing
    }
}

/// The coordinator's requests.
extension KafkaBroker {
    private enum Refusal {
        static let illegalGeneration: Int16 = 22
        static let unknownMember: Int16 = 25
        static let rebalanceInProgress: Int16 = 27
    }

    func coordinator(_ answer: inout KafkaWriter) {
        answer.int16(0)
        answer.int32(1)
        answer.string("127.0.0.1")
        answer.int32(Int32(port))
    }

    func join(_ request: inout KafkaReader, _ answer: inout KafkaWriter, _ version: Int16) {
        let group = request.string()
        _ = request.int32()
        if version > 0 { _ = request.int32() }
        var name = request.string()
        _ = request.string()
        let protocols = request.array { (name: $0.string(), metadata: $0.data()) }
        if name.isEmpty { name = "member-\(UUID().uuidString)" }
        state.lock()
        defer { state.unlock() }
        groups[group, default: KafkaGroup()].rebalance()
        groups[group]?.members[name] = KafkaGroup.Member(protocols: protocols)
        groups[group]?.completeJoining()
        let before = (groups[group]?.generation ?? 0)
        state.broadcast()
        while groups[group]?.phase == .joining, groups[group]?.generation == before {
            _ = state.wait(until: min(Date(timeIntervalSinceNow: 1), groups[group]?.joinDeadline ?? Date()))
            groups[group]?.completeJoining()
        }
        state.broadcast()
        let joined = groups[group] ?? KafkaGroup()
        let chosen = protocols.map(\.name).first { name in
            joined.members.values.allSatisfy { $0.protocols.contains { $0.name == name } }
        }
        answer.int16(joined.members[name] == nil ? Refusal.unknownMember : 0)
        answer.int32(joined.generation)
        answer.string(chosen ?? "")
        answer.string(joined.leader)
        answer.string(name)
        answer.array(joined.leader == name ? Array(joined.members) : []) { writer, member in
            writer.string(member.key)
            writer.data(member.value.protocols.first { $0.name == chosen }?.metadata ?? [])
        }
    }

    func sync(_ request: inout KafkaReader, _ answer: inout KafkaWriter) {
        let (group, generation, name) = (request.string(), request.int32(), request.string())
        let assignments = request.array { ($0.string(), $0.data()) }
        state.lock()
        defer {
            state.broadcast()
            state.unlock()
        }
        if !assignments.isEmpty, groups[group]?.generation == generation {
            groups[group]?.assignments = Dictionary(assignments, uniquingKeysWith: { $1 })
            groups[group]?.phase = .stable
            state.broadcast()
        }
        while groups[group]?.phase == .syncing, groups[group]?.generation == generation { state.wait() }
        let refusal = refusal(group, generation, name)
        answer.int16(refusal)
        answer.data(refusal == 0 ? groups[group]?.assignments[name] ?? [] : [])
    }

    func heartbeat(_ request: inout KafkaReader, _ answer: inout KafkaWriter) {
        let (group, generation, name) = (request.string(), request.int32(), request.string())
        guarded { answer.int16(refusal(group, generation, name)) }
    }

    func leave(_ request: inout KafkaReader, _ answer: inout KafkaWriter) {
        let (group, name) = (request.string(), request.string())
        guarded {
            groups[group]?.members[name] = nil
            groups[group]?.rebalance()
            groups[group]?.completeJoining()
        }
        answer.int16(0)
    }

    private func refusal(_ group: String, _ generation: Int32, _ name: String) -> Int16 {
        guard let group = groups[group], group.members[name] != nil else { return Refusal.unknownMember }
        if group.phase == .joining { return Refusal.rebalanceInProgress }
        return group.generation == generation ? 0 : Refusal.illegalGeneration
    }

    // MARK: Offsets

    func commit(_ request: inout KafkaReader, _ answer: inout KafkaWriter) {
        let (group, generation, name) = (request.string(), request.int32(), request.string())
        _ = request.int64()
        let asked = request.array { ($0.string(), $0.array { ($0.int32(), $0.int64(), $0.string()) }) }
        guarded {
            // While members join again, what they have done until then is still taken.
            var error = refusal(group, generation, name)
            if error == Refusal.rebalanceInProgress, groups[group]?.generation == generation { error = 0 }
            if error == 0 { error = commitError }
            answer.array(asked) { writer, topic in
                writer.string(topic.0)
                writer.array(topic.1) { writer, one in
                    let partition = "\(topic.0)-\(one.0)"
                    if error == 0 { groups[group]?.offsets[partition] = one.1 }
                    record(Commit(partition: partition, offset: one.1, error: error))
                    writer.int32(one.0)
                    writer.int16(error)
                }
            }
        }
    }

    func committed(_ request: inout KafkaReader, _ answer: inout KafkaWriter) {
        let group = request.string()
        let asked = request.array { ($0.string(), $0.array { $0.int32() }) }
        guarded {
            answer.array(asked) { writer, topic in
                writer.string(topic.0)
                writer.array(topic.1) { writer, partition in
                    writer.int32(partition)
                    writer.int64(groups[group]?.offsets["\(topic.0)-\(partition)"] ?? -1)
                    writer.string("")
                    writer.int16(0)
                }
            }
        }
    }
}
