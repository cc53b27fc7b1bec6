import Bytes
import Environment
import Logging
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@testable import Ingestion

@Suite("Each record is stored exactly once")
struct ExactlyOnceTests {
    /// Thousands of histories; the number of a failing one is its seed.
    @Test("whatever is redelivered, regrouped, replayed, lost, at once, and by whichever sandbox", arguments: 0..<40)
    func randomHistories(block: Int) throws {
        for seed in block * 100..<(block + 1) * 100 {
            var history = try History(seed: UInt64(seed))
            try history.play()
            let faults = history.faultsFound()
            #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(5).joined(separator: "; "))")
            if !faults.isEmpty { return }
        }
    }
}

/// Prints the history of a seed that failed: `MODEL_SEED=1234 swift test --filter ExactlyOnce`.
@Test("A history is told", .enabled(if: getenv("MODEL_SEED") != nil))
func toldHistory() throws {
    let seed = getenv("MODEL_SEED").flatMap { UInt64(String(cString: $0)) } ?? 0
    var history = try History(seed: seed)
    history.isTold = true
    try history.play()
    #expect(history.faultsFound().isEmpty)
}

/// One random history: partitions, sandboxes that remember, deliveries that succeed, fail or die.
struct History {
    private var random: SeededRandom
    private let bucket = ModelBucket()
    private var logs: [ModelLog] = []
    private var taken: Set<Int64> = []
    private var sandboxes: [Sandbox] = []
    private let clock = ModelClock()
    /// Where the consumer group stands, as an index into the log.
    private var committed: [Int] = []
    private var produced: [Int64: ModelLog.Record] = [:]
    /// Timestamps of records that came in an invocation that succeeded.
    private var acknowledged: Set<Int64> = []
    private let configuration: IngestionConfiguration
    private var born = 0
    /// Whether the history is printed as it goes.
    var isTold = false

    private typealias Cut = (partition: Int, range: Range<Int>)

    final class ModelClock { var now: Int64 = 0 }

    struct Sandbox {
        let name: Int
        let ingestion: Ingestion
        let store: ModelStore
    }

    init(seed: UInt64) throws {
        random = SeededRandom(seed: seed)
        for _ in 0..<8 { _ = random.next() }
        let periods = ["hour", "hour", "day", "none"]
        configuration = try IngestionConfiguration(
            Environment([
                "INGESTION_BUCKET": "bucket", "COMPRESSION": seed % 3 == 0 ? "gzip" : "none",
                "TIME_PARTITION": periods[Int(seed % 4)],
            ]))
        for partition in 0..<Int32.random(in: 1...2, using: &random) {
            logs.append(ModelLog(TopicPartition(topic: "t", partition: partition), &random, &taken))
            committed.append(0)
        }
        noteProduced()
        for _ in 0..<3 { try sandboxes.append(newSandbox()) }
    }

    mutating func play() throws {
        for _ in 0..<Int.random(in: 5...25, using: &random) {
            clock.now += Int64.random(in: 0...20_000, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 { bucket.land(using: &random) }
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<15: try deliver(nextCuts())
            case 15, 16: moveGroup()
            case 17: recreateTopic()
            case 18: Bool.random(using: &random) ? compactLog() : try replaceSandbox()
            default: pause()
            }
        }
        try deliverAll()
        bucket.landAll()
    }

    // MARK: What happens

    /// One invocation, on any sandbox, with any luck.
    private mutating func deliver(_ cuts: [Cut], depth: Int = 0) throws {
        guard !cuts.isEmpty else { return }
        let index = Int.random(in: sandboxes.indices, using: &random)
        let sandbox = sandboxes[index]
        let luck = Int.random(in: 0..<6, using: &random)
        sandbox.store.faults = .init(refused: luck == 0 ? 0.2 : 0, answerLost: luck == 1 ? 0.3 : 0)
        sandbox.store.requestsToLive = luck == 2 ? Int.random(in: 1...8, using: &random) : .max
        var interruptions: [Error] = []
        if luck == 3, depth == 0 {
            // While this sandbox works, the batch is taken for lost and delivered again, cut otherwise, elsewhere.
            sandboxes[index] = try newSandbox()
            var other = self
            var rest = 2
            sandbox.store.meanwhile = {
                guard rest > 0, Int.random(in: 0..<4, using: &other.random) == 0 else { return }
                rest -= 1
                do { try other.deliver(other.recut(cuts), depth: 1) } catch { interruptions.append(error) }
            }
            let outcome = try ingest(cuts, sandbox)
            sandbox.store.meanwhile = {}
            self = other
            acknowledge(cuts, outcome, sandbox)
        } else {
            acknowledge(cuts, try ingest(cuts, sandbox), sandbox)
        }
        if let error = interruptions.first { throw error }
        if sandbox.store.isDead, depth == 0 || luck == 2 { sandboxes[index] = try newSandbox() }
    }

    private func say(_ text: @autoclosure () -> String) {
        if isTold { print(text()) }
    }

    private func ingest(_ cuts: [Cut], _ sandbox: Sandbox) throws -> BatchOutcome {
        for cut in cuts {
            let records = logs[cut.partition].records[cut.range]
            say("\(logs[cut.partition].name) \(records.first?.offset ?? 0)...\(records.last?.offset ?? 0) to \(sandbox.name)")
        }
        defer { say(sandbox.store.requests.joined(separator: "\n")) }
        sandbox.store.forgetRequests()
        let event = modelEvent(cuts.map { (logs[$0.partition].name, logs[$0.partition].records[$0.range]) })
        return try sandbox.ingestion.ingest(event, Logger(label: "model") { _ in SwiftLogNoOpLogHandler() })
    }

    /// What Lambda does with the answer: commits what is acknowledged, in whole batches or partition by partition.
    private mutating func acknowledge(_ cuts: [Cut], _ outcome: BatchOutcome, _ sandbox: Sandbox) {
        if sandbox.store.isDead { return }
        let isPartial = Bool.random(using: &random)
        if !isPartial, !outcome.unwritten.isEmpty { return }
        for cut in cuts {
            let log = logs[cut.partition]
            let failed = outcome.unwritten.first { $0.partition == log.name }?.firstOffset ?? .max
            let done = log.records[cut.range].filter { $0.offset < failed }
            acknowledged.formUnion(done.map(\.timestamp))
            if committed[cut.partition] == cut.range.lowerBound { committed[cut.partition] += done.count }
        }
    }

    private mutating func deliverAll() throws {
        for partition in logs.indices { committed[partition] = 0 }
        for sandbox in sandboxes {
            sandbox.store.faults = .init()
            sandbox.store.requestsToLive = .max
        }
        pause()
        while true {
            let cuts = nextCuts()
            if cuts.isEmpty { return }
            let sandbox = sandboxes[Int.random(in: sandboxes.indices, using: &random)]
            acknowledge(cuts, try ingest(cuts, sandbox), sandbox)
        }
    }

    /// An operator moves the consumer group, back or forth. It takes a while: the mapping must be off meanwhile.
    private mutating func moveGroup() {
        let partition = Int.random(in: logs.indices, using: &random)
        committed[partition] = Int.random(in: 0...logs[partition].records.count, using: &random)
        pause()
    }

    /// Kafka compacts segments that are closed, long after their records were first read: no upload is under way.
    private mutating func compactLog() {
        pause()
        let partition = Int.random(in: logs.indices, using: &random)
        let next = logs[partition].records.dropFirst(committed[partition]).first?.offset ?? .max
        logs[partition].compact(&random)
        committed[partition] = logs[partition].records.firstIndex { $0.offset >= next } ?? logs[partition].records.count
    }

    private mutating func recreateTopic() {
        let partition = Int.random(in: logs.indices, using: &random)
        logs[partition].recreate(&random, &taken)
        committed[partition] = 0
        pause()
        noteProduced()
    }

    /// Long enough for requests of the dead to have arrived or gone.
    private mutating func pause() {
        clock.now += 120_000
        bucket.landAll()
        say("pause")
    }

    private mutating func replaceSandbox() throws {
        sandboxes[Int.random(in: sandboxes.indices, using: &random)] = try newSandbox()
    }

    private mutating func newSandbox() throws -> Sandbox {
        let store = ModelStore(bucket, SeededRandom(seed: random.next()))
        let clock = clock
        born += 1
        return Sandbox(
            name: born, ingestion: try Ingestion(configuration, store, NoCrawler(), now: { clock.now }), store: store)
    }

    private mutating func noteProduced() {
        for log in logs { for record in log.records { produced[record.timestamp] = record } }
    }

    // MARK: Batches

    /// What comes next of some of the partitions.
    private mutating func nextCuts() -> [Cut] {
        var cuts: [Cut] = []
        for partition in logs.indices {
            let rest = logs[partition].records.count - committed[partition]
            guard rest > 0, logs.count == 1 || Int.random(in: 0..<4, using: &random) > 0 else { continue }
            let length = Int.random(in: 1...min(rest, Bool.random(using: &random) ? 5 : 40), using: &random)
            cuts.append((partition, committed[partition]..<committed[partition] + length))
        }
        if cuts.isEmpty, let partition = logs.indices.first(where: { committed[$0] < logs[$0].records.count }) {
            cuts = [(partition, committed[partition]..<committed[partition] + 1)]
        }
        return cuts
    }

    /// The same beginning, another end: longer, shorter.
    private mutating func recut(_ cuts: [Cut]) -> [Cut] {
        cuts.map { cut in
            let most = logs[cut.partition].records.count - cut.range.lowerBound
            let length = Int.random(in: 1...most, using: &random)
            return (cut.partition, cut.range.lowerBound..<cut.range.lowerBound + length)
        }
    }

    // MARK: The verdict

    /// What is stored against what was produced.
    func faultsFound() -> [String] {
        var faults: [String] = []
        var stored: [Int64: Int] = [:]
        for (key, object) in bucket.objects.sorted(by: { $0.key < $1.key }) {
            let records = object.lines.compactMap { modelTimestamp($0).flatMap { produced[$0] } }
            if records.count != object.lines.count || records.isEmpty { faults.append("\(key) holds a line of no record") }
            if records.map(\.offset) != records.map(\.offset).sorted() { faults.append("\(key) is out of order") }
            if records.first?.offset != object.metadata.firstOffset || records.last?.offset != object.metadata.lastOffset
                || records.count != object.metadata.recordCount
            {
                faults.append("\(key) does not hold what its metadata says")
            }
            if Set(records.map(\.incarnation)).count > 1 { faults.append("\(key) mixes two topics") }
            for record in records { stored[record.timestamp, default: 0] += 1 }
        }
        for (timestamp, count) in stored where count > 1 {
            faults.append("\(produced[timestamp].map { "\($0)" } ?? "?") is stored \(count) times")
        }
        for timestamp in acknowledged.sorted() where stored[timestamp] == nil {
            faults.append("\(produced[timestamp].map { "\($0)" } ?? "?") is lost")
        }
        for log in logs {
            for record in log.records where stored[record.timestamp] == nil { faults.append("\(record) is missing") }
        }
        return faults
    }
}

final class NoCrawler: CrawlerStarter {
    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> { .success(.started) }
}
