import Bytes
import Environment
import Logging

@testable import Ingestion

/// A warm sandbox of the model: what it remembers, and its way to the bucket.
struct ModelSandbox<Store: ObjectStore> {
    let name: Int
    let ingestion: Ingestion
    let store: Store
    private let clock: History.ModelClock

    init(
        _ settings: [String: String] = [:], _ store: Store, _ clock: History.ModelClock,
        crawler: any CrawlerStarter = NoCrawler(), name: Int = 0
    ) throws {
        self.name = name
        self.store = store
        self.clock = clock
        ingestion = try modelIngestion(settings, store, clock, crawler)
    }

    func ingest(_ event: ByteBuffer) throws -> BatchOutcome {
        clock.invocations += 1
        return try ingestion.ingest(
            event, requestID: "invocation-\(clock.invocations)",
            Logger(label: "model") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The offsets of one partition, of which each record is `record(offset)`.
    func ingest(
        _ partition: TopicPartition, _ offsets: ClosedRange<Int64>, _ record: (Int64) -> ModelLog.Record
    ) throws -> BatchOutcome {
        try ingest(modelEvent([(partition, offsets.map(record)[...])]))
    }
}

func modelIngestion(
    _ settings: [String: String], _ store: any ObjectStore, _ clock: History.ModelClock,
    _ crawler: any CrawlerStarter = NoCrawler()
) throws -> Ingestion {
    let configuration = try modelConfiguration(settings)
    let now = { clock.now }
    let catalog: (any TableCatalog)? = configuration.crawler.map { CrawlerCatalog($0, crawler, store, now: now) }
    return try Ingestion(configuration, store, catalog ?? NoCatalog(), now: now)
}

extension IncomingBatch {
    convenience init(_ configuration: IngestionConfiguration) throws {
        self.init(configuration, try ObjectFormats(configuration))
    }
}

func modelConfiguration(_ settings: [String: String]) throws -> IngestionConfiguration {
    try IngestionConfiguration(
        Environment(["INGESTION_BUCKET": "bucket", "COMPRESSION": "none"].merging(settings) { $1 }))
}

/// What an object of these records says of itself.
func modelMetadata(of records: ArraySlice<ModelLog.Record>, _ name: TopicPartition) throws -> ObjectMetadata {
    struct NoMetadata: Error {}
    let times = records.map(\.timestamp)
    guard let first = records.first, let last = records.last, let least = times.min(), let greatest = times.max()
    else { throw NoMetadata() }
    let metadata = ObjectMetadata([
        ("topic", name.topic), ("partition", "\(name.partition)"), ("first-offset", "\(first.offset)"),
        ("last-offset", "\(last.offset)"), ("record-count", "\(records.count)"),
        ("first-timestamp", "\(first.timestamp)"), ("last-timestamp", "\(last.timestamp)"),
        ("least-timestamp", "\(least)"), ("greatest-timestamp", "\(greatest)"), ("request-id", "earlier"),
    ])
    guard let metadata else { throw NoMetadata() }
    return metadata
}

final class NoCrawler: CrawlerStarter {
    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> { .success(.started) }
}
