import Bytes
import KafkaEvent
import Logging
import UTC

/// The function itself: a batch of Kafka records in, objects in the bucket and the crawler started.
///
/// One instance lives as long as the sandbox and remembers where each partition was left off and which folders it
/// has seen. Both only save requests; nothing depends on them.
public final class Ingestion {
    private let configuration: IngestionConfiguration
    private let store: any ObjectStore
    private let crawler: CrawlerTrigger
    private let bodies: ObjectBodies
    private let buffers = BufferPool()
    private var memory: PartitionMemory

    /// - Parameter now: milliseconds that never go back.
    /// - Throws: `GzipError` where the compressor cannot be had.
    init(
        _ configuration: IngestionConfiguration, _ store: any ObjectStore, _ starter: any CrawlerStarter,
        now: @escaping () -> Int64 = Clock.monotonic
    ) throws {
        self.configuration = configuration
        self.store = store
        memory = PartitionMemory(now: now)
        crawler = CrawlerTrigger(configuration.crawler, starter, now: now)
        bodies = try ObjectBodies(configuration, buffers)
    }

    /// Reads the batch, stores its records, starts the crawler where that is due.
    ///
    /// - Throws: `KafkaEventError`, `BatchError`: nothing was written, nor will it be on a redelivery.
    func ingest(_ event: ByteBuffer, _ logger: Logger) throws -> BatchOutcome {
        let start = Clock.monotonic()
        let batch = Batch(configuration, buffers)
        defer { batch.giveBack() }
        var events = KafkaEventReader(event.bytes)
        try batch.add(&events)

        let emptyFolders = emptyFolders(of: batch, logger)
        let placements = place(batch)
        let storedAt = Clock.now()
        for (partition, placements) in zip(batch.partitions, placements) { remember(partition, placements, logger) }

        let all = placements.flatMap { $0 }
        var outcome = BatchOutcome(batch, all, storedAt: storedAt)
        outcome.crawler = startCrawler(all, emptyFolders, logger)
        outcome.milliseconds = Clock.monotonic() - start
        return outcome
    }

    /// Makes lines and a body of a record that goes nowhere: what Swift's runtime and ISA-L look up when they do
    /// something for the first time, a tenth of a first batch, is looked up then.
    func rehearse() {
        let event = ByteBuffer(capacity: 512)
        event.append(
            """
            {"eventSource":"aws:kafka","records":{"rehearsal-0":[{"topic":"rehearsal","partition":0,"offset":0,\
            "timestamp":0,"timestampType":"CREATE_TIME","value":"e30=","headers":[]}]}}
            """)
        let batch = Batch(configuration, buffers)
        defer { batch.giveBack() }
        var events = KafkaEventReader(event.bytes)
        // Were it to fail, the first batch would meet the same, and say so. (The reader does not keep the event.)
        withExtendedLifetime(event) { try? batch.add(&events) }
        for draft in batch.drafts {
            if let body = try? bodies.body(of: draft, draft.records.indices) { bodies.giveBack(body, of: draft) }
        }
    }

    /// Stores all drafts, partition by partition in the batch's order.
    private func place(_ batch: Batch) -> [[ObjectPlacement]] {
        let placements = batch.partitions.map { partition in
            partition.drafts.map { draft in
                let looksAround = !memory.knows(around: draft, of: partition)
                return ObjectPlacement(
                    draft, store, bodies, .init(delivery: configuration.delivery, looksAround: looksAround))
            }
        }
        for placement in placements.joined() { placement.start() }
        store.run()
        return placements
    }

    private func remember(_ partition: PartitionBatch, _ placements: [ObjectPlacement], _ logger: Logger) {
        let metNamesake = placements.contains(where: \.metNamesake)
        if metNamesake {
            logger.warning(
                """
                objects of another topic with the name and offsets of \(partition.name) are stored already: it was \
                deleted and created again; its records are kept under keys that carry a timestamp as well
                """)
        }
        // Where a namesake's objects lie around, or one goes on beyond this batch, the sandbox keeps looking.
        guard !metNamesake, !placements.contains(where: { $0.firstMissingOffset != nil || $0.reachedBeyond }) else {
            return memory.forget(partition.name)
        }
        let seen = placements.compactMap { placement in placement.seenAhead.map { (placement.draft.stem, $0) } }
        memory.remember(partition, seenAhead: Dictionary(seen) { $1 })
    }
}

// MARK: The crawler

extension Ingestion {
    /// The folders of rows that hold nothing yet, among those of which it matters.
    private func emptyFolders(of batch: Batch, _ logger: Logger) -> Set<String> {
        guard crawler.isOn else { return [] }
        let folders = Set(batch.drafts.lazy.filter { $0.content == .rows }.map(\.folder))
        var empty: Set<String> = []
        for folder in crawler.unknown(among: folders) {
            store.keys(with: folder, after: nil, limit: 1) { result in
                switch result {
                case .success(let page): if page.keys.isEmpty { empty.insert(folder) }
                case .failure(let failure):
                    // One crawl too many does less harm than a folder that no query sees.
                    empty.insert(folder)
                    logger.warning("cannot tell whether \(folder) is new, so the crawler is started: \(failure)")
                }
            }
        }
        store.run()
        return empty
    }

    private func startCrawler(
        _ placements: [ObjectPlacement], _ emptyFolders: Set<String>, _ logger: Logger
    ) -> CrawlerTrigger.Decision {
        guard crawler.isOn else { return .off }
        let rows = placements.filter { $0.draft.content == .rows }
        let written = Set(rows.filter { $0.next > 0 }.map(\.draft.folder))
        // What was stored already came with a delivery that may have died before it could start the crawler.
        let met = rows.filter(\.metStored).map(\.draft.folder)
        let (decision, failure) = crawler.decide(
            folders: written, newFolders: emptyFolders.union(met).intersection(written),
            wroteRows: rows.contains { !$0.created.isEmpty })
        if let failure { logger.warning("the crawler was not started; the batch is not affected: \(failure)") }
        return decision
    }
}
