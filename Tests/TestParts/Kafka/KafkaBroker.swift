import Foundation

/// A Kafka broker over real sockets, for what no broker at hand can be made to do: offsets that are gone, the markers
/// of transactions, commits that fail, partitions that are added, an outage. It is strict where a client could be
/// wrong (generations, members, offsets out of range) and forms a group at once.
///
/// Clients cannot produce to it and it keeps no producer's state: a test appends what it wants to be read.
/// https://kafka.apache.org/protocol
///
/// `@unchecked`: everything that changes is guarded by `state`.
package final class KafkaBroker: @unchecked Sendable {
    package struct Commit: Sendable, Equatable {
        package let partition: String
        package let offset: Int64
        /// Kafka's error code, 0 where it was taken.
        package let error: Int16
    }

    struct Partition {
        var low: Int64 = 0
        var batches: [RecordSet] = []
        /// Where the first open transaction begins.
        var lastStable: Int64?
        var next: Int64 { batches.last.map { $0.base + $0.count } ?? low }
    }

    package let port: Int
    package var servers: String { "127.0.0.1:\(port)" }
    let state = NSCondition()
    var topics: [String: [Partition]] = [:]
    var groups: [String: KafkaGroup] = [:]
    private var recorded: [Commit] = []
    /// Error of the commits to come.
    var commitError: Int16 = 0
    private var isSilent = false
    private let listener: Listener

    package init(topics: [String: Int]) throws {
        listener = try Listener()
        port = listener.port
        self.topics = topics.mapValues { Array(repeating: Partition(), count: $0) }
        listener.start { [weak self] connection, _ in Self.serve(connection) { self } }
    }

    deinit { stop() }

    // MARK: What a test does to it

    package struct Record: Sendable {
        package var value: String
        /// Milliseconds since 1970.
        package var timestamp: Int64
        package init(_ value: String, timestamp: Int64) { (self.value, self.timestamp) = (value, timestamp) }
    }

    /// Appends records at the partition's end, as one batch.
    package func append(_ records: [Record], to topic: String, _ partition: Int = 0) {
        guarded {
            guard let next = topics[topic]?[partition].next else { return }
            topics[topic]?[partition].batches.append(RecordSet(records, base: next))
        }
    }

    /// As many records of now.
    package func append(_ count: Int, to topic: String, _ partition: Int = 0) {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        append((0..<count).map { Record("{\"n\":\($0)}", timestamp: now) }, to: topic, partition)
    }

    /// Appends the marker by which a transaction ends: an offset without a record.
    package func appendCommitMarker(to topic: String, _ partition: Int = 0) {
        guarded {
            guard let next = topics[topic]?[partition].next else { return }
            topics[topic]?[partition].batches.append(.commitMarker(base: next))
        }
    }

    /// Leaves a transaction open that began at `offset`: readers of committed records get nothing from there on.
    package func openTransaction(at offset: Int64, in topic: String, _ partition: Int = 0) {
        guarded { topics[topic]?[partition].lastStable = offset }
    }

    /// Deletes all before `offset`, as retention does.
    package func delete(before offset: Int64, of topic: String, _ partition: Int = 0) {
        guarded {
            topics[topic]?[partition].low = offset
            topics[topic]?[partition].batches.removeAll { $0.base + $0.count <= offset }
        }
    }

    /// Deletes all there is and appends records that begin at `low`, with no moment between.
    package func replace(_ topic: String, _ partition: Int = 0, lowTo low: Int64, appending count: Int) {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let records = (0..<count).map { Record("{\"n\":\($0)}", timestamp: now) }
        guarded { topics[topic]?[partition] = Partition(low: low, batches: [RecordSet(records, base: low)]) }
    }

    /// Empties the partition, as if the topic were deleted and made anew.
    package func remake(_ topic: String, _ partition: Int = 0) {
        guarded { topics[topic]?[partition] = Partition() }
    }

    /// Sets how many partitions a topic has.
    package func grow(_ topic: String, to count: Int) {
        guarded {
            let old = topics[topic] ?? []
            topics[topic] = old + Array(repeating: Partition(), count: count - old.count)
        }
    }

    /// Refuses commits with this of Kafka's error codes; 0 takes them again.
    package func refuseCommits(_ error: Int16) { guarded { commitError = error } }

    /// Sets what the group has committed, as an earlier member would have.
    package func setCommitted(_ offset: Int64, group: String = "local", _ topic: String, _ partition: Int = 0) {
        guarded { groups[group, default: KafkaGroup()].offsets["\(topic)-\(partition)"] = offset }
    }

    /// Closes its port and all connections.
    package func stop() { listener.close() }

    /// Keeps its connections and answers nothing any more, as a machine does that hangs.
    package func fallSilent() { guarded { isSilent = true } }

    // MARK: What a test asks it

    private var saysNothing: Bool { guarded { isSilent } }

    /// All commits so far, in order, those refused included.
    package var commits: [Commit] { guarded { recorded } }

    package func committed(group: String = "local", _ topic: String, _ partition: Int = 0) -> Int64? {
        guarded { groups[group]?.offsets["\(topic)-\(partition)"] }
    }

    /// Waits until something holds.
    package func wait(_ what: String, within seconds: Double = 30, until holds: (KafkaBroker) -> Bool) throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while !holds(self) {
            state.lock()
            let inTime = state.wait(until: min(end, Date(timeIntervalSinceNow: 1)))
            state.unlock()
            guard inTime || Date() < end else {
                throw WaitedInVain(description: "\(what) did not come; commits: \(commits)")
            }
        }
    }

    func record(_ commit: Commit) { recorded.append(commit) }

    func guarded<Value>(_ body: () throws -> Value) rethrows -> Value {
        state.lock()
        defer {
            state.broadcast()
            state.unlock()
        }
        return try body()
    }

    // MARK: Connections

    private static func serve(_ connection: Int32, _ broker: () -> KafkaBroker?) {
        var bytes: [UInt8] = []
        reading: while true {
            while bytes.count < 4 || bytes.count < 4 + Int(KafkaReader(bytes).peekSize()) {
                guard Socket.receive(from: connection, into: &bytes) else { break reading }
            }
            let size = Int(KafkaReader(bytes).peekSize())
            var request = KafkaReader(Array(bytes[4..<4 + size]))
            bytes.removeFirst(4 + size)
            guard let answer = broker()?.answer(&request) else { break }
            if broker()?.saysNothing ?? true { continue }
            var frame = KafkaWriter()
            frame.int32(Int32(answer.count))
            guard Socket.send(frame.bytes + answer, to: connection) else { break }
        }
    }
}
