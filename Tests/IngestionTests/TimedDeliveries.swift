import Bytes
import Testing

@testable import Ingestion

/// A bucket, and one batch that is delivered to it until it is stored, each time with the same time to do it in.
final class TimedDeliveries {
    /// Who receives the next delivery.
    enum Sandboxes: CaseIterable { case same, fresh }

    let bucket = ModelBucket()
    let clock = History.ModelClock()
    private let settings: [String: String]
    private let sandboxes: Sandboxes
    private let latency: Int64
    private let concurrency: Int
    private let milliseconds: Int64
    private var sandbox: ModelSandbox<TimedStore>?
    private(set) var lists = 0

    init(
        _ sandboxes: Sandboxes, _ settings: [String: String] = [:], latency: Int64, seconds: Int64, concurrency: Int = 8
    ) {
        self.concurrency = concurrency
        self.sandboxes = sandboxes
        self.settings = settings
        self.latency = latency
        milliseconds = seconds * 1000
    }

    /// As many objects as PUTs alone would make in the time of one delivery.
    private var fit: Int { concurrency * Int(milliseconds / latency) }

    /// How many deliveries it takes, `most` and one more where it is not done by then. Each of them stores everything,
    /// or half of what it could at best, what it finds stored included.
    func count(_ batch: [(TopicPartition, [ModelLog.Record])], most: Int) throws -> Int {
        let event = modelEvent(batch.map { ($0.0, $0.1[...]) })
        for delivery in 1...most {
            let store = sandbox?.store ?? TimedStore(bucket, clock, latency: latency, concurrency: concurrency)
            let receiver = try sandbox ?? ModelSandbox(settings, store, clock)
            sandbox = sandboxes == .same ? receiver : nil
            store.begin(milliseconds)
            let outcome = try receiver.ingest(event)
            lists += store.counts[.list] ?? 0
            if outcome.unwritten.isEmpty { return delivery }
            let progress = store.created + store.met.count
            #expect(
                progress >= fit / 2, "delivery \(delivery) makes \(store.created) objects and finds \(store.met.count)")
        }
        return most + 1
    }

    /// An object of each of these runs of records, as an earlier delivery left it.
    func store(_ runs: [[ModelLog.Record]], of name: TopicPartition, suffix: String = ".json") throws {
        let layout = try modelConfiguration(settings).layout
        for run in runs {
            let first = run[0]
            let period = TimePeriod(of: first.timestamp, layout.timePartition)
            let keyPrefix = layout.folder(of: name.topic, period, .rows) + layout.namePrefix(of: name)
            let lines = run.map { "{\"timestamp\":\($0.timestamp),\"id\":\($0.id)}" }
            let object = ModelBucket.Object(lines: lines, metadata: try modelMetadata(of: run[...], name))
            _ = bucket.create(keyPrefix + ObjectLayout.digits(first.offset) + suffix, object)
        }
    }

    /// Whether each of the records is stored once.
    func holdsOnce(_ batch: [(TopicPartition, [ModelLog.Record])]) -> Bool {
        batch.allSatisfy { $0.1.allSatisfy { bucket.copies[$0.id] == 1 } }
    }
}
