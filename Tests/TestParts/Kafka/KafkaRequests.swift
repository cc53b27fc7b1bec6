import Foundation

/// The requests of a consumer, each in one or two versions that every client knows.
extension KafkaBroker {
    /// Name, number, versions.
    private static let apis: [(key: Int16, least: Int16, most: Int16)] = [
        (0, 0, 3), (1, 4, 4), (2, 1, 2), (3, 0, 1), (8, 2, 2), (9, 1, 1), (10, 0, 0), (11, 0, 1), (12, 0, 0),
        (13, 0, 0), (14, 0, 0), (18, 0, 0),
    ]

    enum Failure {
        static let none: Int16 = 0
        static let outOfRange: Int16 = 1
        static let unknownTopicOrPartition: Int16 = 3
        static let unsupportedVersion: Int16 = 35
    }

    /// `nil` for what it does not serve: the connection is closed.
    func answer(_ request: inout KafkaReader) -> [UInt8]? {
        let (key, version, correlation) = (request.int16(), request.int16(), request.int32())
        _ = request.string()  // the client's id
        var answer = KafkaWriter()
        answer.int32(correlation)
        switch key {
        case 1: fetch(&request, &answer)
        case 2: listOffsets(&request, &answer, version)
        case 3: metadata(&request, &answer, version)
        case 8: commit(&request, &answer)
        case 9: committed(&request, &answer)
        case 10: coordinator(&answer)
        case 11: join(&request, &answer, version)
        case 12: heartbeat(&request, &answer)
        case 13: leave(&request, &answer)
        case 14: sync(&request, &answer)
        case 18:
            answer.int16(version > 0 ? Failure.unsupportedVersion : Failure.none)
            answer.array(Self.apis) { writer, api in
                writer.int16(api.key)
                writer.int16(api.least)
                writer.int16(api.most)
            }
        default: return nil
        }
        return answer.bytes
    }

    // MARK: Topics

    private func metadata(_ request: inout KafkaReader, _ answer: inout KafkaWriter, _ version: Int16) {
        let names = request.array { $0.string() }
        let known = guarded { topics.mapValues(\.count) }
        answer.array([Int32(1)]) { writer, node in
            writer.int32(node)
            writer.string("127.0.0.1")
            writer.int32(Int32(port))
            if version > 0 { writer.noString() }
        }
        if version > 0 { answer.int32(1) }
        answer.array(names.isEmpty ? known.keys.sorted() : names) { writer, name in
            writer.int16(known[name] == nil ? Failure.unknownTopicOrPartition : Failure.none)
            writer.string(name)
            if version > 0 { writer.int8(0) }
            writer.array(0..<(known[name] ?? 0)) { writer, partition in
                writer.int16(Failure.none)
                writer.int32(Int32(partition))
                writer.int32(1)
                for _ in 0..<2 { writer.array([Int32(1)]) { $0.int32($1) } }  // replicas, in sync
            }
        }
    }

    private func listOffsets(_ request: inout KafkaReader, _ answer: inout KafkaWriter, _ version: Int16) {
        _ = request.int32()
        let readsCommitted = version > 1 && request.int8() == 1
        let asked = request.array { ($0.string(), $0.array { ($0.int32(), $0.int64()) }) }
        if version > 1 { answer.int32(0) }
        answer.array(asked) { writer, topic in
            writer.string(topic.0)
            writer.array(topic.1) { writer, one in
                let found = partition(topic.0, one.0)
                writer.int32(one.0)
                writer.int16(found == nil ? Failure.unknownTopicOrPartition : Failure.none)
                writer.int64(-1)
                writer.int64(found.map { Self.offset($0, at: one.1, readsCommitted) } ?? -1)
            }
        }
    }

    private static func offset(_ partition: Partition, at moment: Int64, _ readsCommitted: Bool) -> Int64 {
        switch moment {
        case -2: return partition.low
        case -1: return readsCommitted ? partition.lastStable ?? partition.next : partition.next
        default:
            for batch in partition.batches {
                if let place = batch.timestamps.firstIndex(where: { $0 >= moment }) {
                    return max(partition.low, batch.base + Int64(place))
                }
            }
            return -1
        }
    }

    func partition(_ topic: String, _ number: Int32) -> Partition? {
        guarded {
            guard let partitions = topics[topic], partitions.indices.contains(Int(number)) else { return nil }
            return partitions[Int(number)]
        }
    }

    // MARK: Fetch

    private struct Wanted {
        var topic: String
        var partition: Int32
        var offset: Int64
    }

    private func fetch(_ request: inout KafkaReader, _ answer: inout KafkaWriter) {
        _ = request.int32()
        let end = Date(timeIntervalSinceNow: Double(request.int32()) / 1000)
        _ = (request.int32(), request.int32(), request.int8())
        let asked = request.array { reader in
            let topic = reader.string()
            return (
                topic,
                reader.array { reader in
                    let wanted = Wanted(topic: topic, partition: reader.int32(), offset: reader.int64())
                    _ = reader.int32()
                    return wanted
                }
            )
        }
        waitForNews(asked.flatMap(\.1), until: end)
        answer.int32(0)
        answer.array(asked) { writer, topic in
            writer.string(topic.0)
            writer.array(topic.1) { writer, wanted in write(wanted, &writer) }
        }
    }

    private func waitForNews(_ all: [Wanted], until end: Date) {
        func hasNews(_ wanted: Wanted) -> Bool {
            guard let partitions = topics[wanted.topic], partitions.indices.contains(Int(wanted.partition)) else {
                return true
            }
            let partition = partitions[Int(wanted.partition)]
            return wanted.offset != (partition.lastStable ?? partition.next)
        }
        state.lock()
        while !all.contains(where: hasNews), state.wait(until: end) {}
        state.unlock()
    }

    private func write(_ wanted: Wanted, _ writer: inout KafkaWriter) {
        let found = partition(wanted.topic, wanted.partition)
        writer.int32(wanted.partition)
        guard let found, (found.low...found.next).contains(wanted.offset) else {
            writer.int16(found == nil ? Failure.unknownTopicOrPartition : Failure.outOfRange)
            writer.int64(-1)
            writer.int64(-1)
            writer.int32(0)
            writer.data([])
            return
        }
        let stable = found.lastStable ?? found.next
        writer.int16(Failure.none)
        writer.int64(found.next)
        writer.int64(stable)
        writer.int32(0)
        writer.data(found.batches.filter { $0.base + $0.count > wanted.offset && $0.base < stable }.flatMap(\.bytes))
    }
}
