import Environment

@testable import Ingestion

/// One random history: partitions, sandboxes that remember, deliveries that succeed, fail or die.
final class History {
    /// What a history is about.
    enum Kind: String, CaseIterable, Sendable {
        /// `BATCH_ORDER=strict`: the mapping passes over no batch, nor does anybody move the group in a hurry.
        case inOrder
        /// `BATCH_ORDER=any`: halves of failed batches in any order, batches given up and replayed, groups moved.
        case anyOrder
        /// The same, where objects lose their metadata and get it back.
        case lostMetadata
        /// The same, where settings change that make other lines and other endings of keys.
        case changedSettings
        /// `DELIVERY=at-least-once`: nothing is lost, and what is delivered again as it was adds nothing.
        case atLeastOnce
    }

    final class ModelClock {
        var now: Int64 = 0
        /// How many there have been, by which they are named.
        var invocations = 0
    }

    /// Some records of one partition that come in one event.
    struct Cut {
        var partition: Int
        var records: [ModelLog.Record]
    }

    let kind: Kind
    let seed: UInt64
    var random: SeededRandom
    let bucket = ModelBucket()
    let clock = ModelClock()
    var logs: [ModelLog] = []
    /// Where the consumer group stands: the offset that comes next.
    var committed: [Int64] = []
    /// What is left of a batch that failed and was cut in two.
    var halves: [[Cut]] = []
    /// What was given up, as the on-failure destination holds it.
    var payloads: [[Cut]] = []
    /// Batches that succeeded as a whole.
    var successes: [[Cut]] = []
    var sandboxes: [ModelSandbox<ModelStore>] = []
    var busy: Set<Int> = []
    /// Deliveries that have begun and not ended, the outermost first.
    var running: [[Cut]] = []
    var settings: [String: String]
    let timePartition: ObjectLayout.TimePartition
    /// Every record there ever was, by its id.
    var produced: [Int64: ModelLog.Record] = [:]
    var faults: [String] = []
    /// Whether the history is printed as it goes.
    var isTold = false

    private var taken: Set<Int64> = []
    /// Where the group stood before it was moved, by partition.
    private var places: [Int: Int64] = [:]
    private var times = ModelLog.Times.distinct
    private var born = 0

    init(_ kind: Kind, seed: UInt64) throws {
        self.kind = kind
        self.seed = seed
        random = SeededRandom(seed: seed)
        for _ in 0..<8 { _ = random.next() }
        timePartition = [.hour, kind == .inOrder ? .hour : .none, .day, .none][Int(seed % 4)]
        settings = [
            "COMPRESSION": seed % 3 == 0 ? "gzip" : "none", "RECORD_METADATA": seed % 5 == 0 ? "kafka" : "none",
            "TIME_PARTITION": timePartition.rawValue, "BATCH_ORDER": kind == .inOrder ? "strict" : "any",
            "DELIVERY": kind == .atLeastOnce ? "at-least-once" : "exactly-once",
        ]
        // Where no record has a time of its own, at-least-once has nothing by which to tell two topics of one name.
        if kind != .atLeastOnce, seed % (kind == .changedSettings ? 2 : 8) == 1 {
            times = Bool.random(using: &random) ? .equal : .absent
        }
        for partition in 0..<Int32.random(in: 1...2, using: &random) {
            logs.append(ModelLog(TopicPartition(topic: "t", partition: partition), times, &random, &taken))
            committed.append(0)
        }
        noteProduced()
        for _ in 0..<Int.random(in: 3...4, using: &random) { try sandboxes.append(newSandbox()) }
    }

    var isInOrder: Bool { kind == .inOrder }

    func play() throws {
        for _ in 0..<Int.random(in: 5...25, using: &random) where faults.isEmpty {
            clock.now += Int64.random(in: 0...(isInOrder ? 20_000 : 8_000), using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 { bucket.land(using: &random) }
            let step = Int.random(in: 0..<20, using: &random)
            try isInOrder ? takeStepInOrder(step) : takeStep(step)
        }
        try deliverAll()
    }

    private func takeStepInOrder(_ step: Int) throws {
        switch step {
        case 0..<15: try deliver(nextCuts())
        case 15, 16:
            moveGroup()
            pause()
        case 17: recreateTopic()
        case 18: Bool.random(using: &random) ? compactLog() : try replaceSandbox()
        default: pause()
        }
    }

    private func takeStep(_ step: Int) throws {
        switch step {
        case 0..<9: try deliverNext()
        case 9, 10: moveGroup()
        case 11: try replay()
        case 12: try rebalance()
        case 13, 14: try passOver()
        case 15: giveUp(nextCuts())
        case 16: Int.random(in: 0..<3, using: &random) == 0 ? recreateTopic() : pause()
        case 17: Bool.random(using: &random) ? compactLog() : try replaceSandbox()
        case 18: kind == .atLeastOnce ? try redeliverWhatSucceeded() : try deliverNext()
        default: try disturb()
        }
    }

    private func disturb() throws {
        switch kind {
        case .lostMetadata:
            if Int.random(in: 0..<4, using: &random) == 0 {
                bucket.restoreMetadata()
                say("all metadata restored")
            } else if let key = bucket.loseMetadata(using: &random) {
                say("\(key) loses its metadata")
            }
        case .changedSettings: try changeSettings()
        default: try deliverNext()
        }
    }

    // MARK: What happens besides deliveries

    /// An operator moves the consumer group, back or forth, and often enough back to where it stood before.
    private func moveGroup() {
        let partition = Int.random(in: logs.indices, using: &random)
        let records = logs[partition].records
        let index = Int.random(in: 0...records.count, using: &random)
        let former = committed[partition]
        committed[partition] = index < records.count ? records[index].offset : (records.last?.offset ?? 0) + 1
        if let place = places[partition], Int.random(in: 0..<3, using: &random) > 0 { committed[partition] = place }
        places[partition] = former
        halves = []
        say("the group of \(logs[partition].name) moves to \(committed[partition])")
    }

    /// Kafka compacts segments that are closed, long after their records were first read: no upload is under way, and
    /// what was given up has been replayed or forgotten. (A payload replayed after that would bring records that the
    /// object which covers their offsets does not hold.)
    private func compactLog() {
        pause()
        halves = []
        payloads = []
        successes = []
        logs[Int.random(in: logs.indices, using: &random)].compact(&random)
        say("compacted")
    }

    private func recreateTopic() {
        let partition = Int.random(in: logs.indices, using: &random)
        // Topics whose records have the same times at the same offsets are one topic to the function. Where there are
        // no times, one namesake can be told from the other by its lines, as long as settings do not change these.
        let isKnownByLines = times == .absent && logs[partition].incarnation == 0 && kind != .changedSettings
        guard times == .distinct || isKnownByLines else { return }
        logs[partition].recreate(&random, &taken)
        committed[partition] = 0
        halves = []
        payloads = []
        successes = []
        pause()
        noteProduced()
        say("\(logs[partition].name) is deleted and created again")
    }

    /// Another version of the function: sandboxes are all new; what the old ones sent may still be on its way.
    private func changeSettings() throws {
        if Bool.random(using: &random) {
            settings["COMPRESSION"] = settings["COMPRESSION"] == "gzip" ? "none" : "gzip"
        } else {
            settings["RECORD_METADATA"] = settings["RECORD_METADATA"] == "kafka" ? "none" : "kafka"
        }
        successes = []
        for index in sandboxes.indices { sandboxes[index] = try newSandbox() }
        say("settings are now \(settings)")
    }

    /// Long enough for requests of the dead to have arrived or gone.
    func pause() {
        clock.now += 120_000
        bucket.landAll()
        say("pause")
    }

    private func replaceSandbox() throws {
        sandboxes[Int.random(in: sandboxes.indices, using: &random)] = try newSandbox()
    }

    func newSandbox() throws -> ModelSandbox<ModelStore> {
        born += 1
        return try ModelSandbox(settings, ModelStore(bucket, SeededRandom(seed: random.next())), clock, name: born)
    }

    private func noteProduced() {
        for log in logs { for record in log.records { produced[record.id] = record } }
    }

    func say(_ text: @autoclosure () -> String) {
        if isTold { print(text()) }
    }
}
