import Bytes
import KafkaEvent
import Logging
import UTC

/// A batch of Kafka records in, objects in the bucket out, and the catalog notified.
///
/// One instance lives as long as the sandbox and remembers where each partition was left off and which folders it
/// has seen. Both only save requests; nothing depends on them.
final class Ingestion {
    private let configuration: IngestionConfiguration
    private let store: any ObjectStore
    private let catalog: any TableCatalog
    private let formats: ObjectFormats
    private let density = DensityMemory()
    private let known: FailedBatchMemory
    private var memory: PartitionMemory
    private let now: () -> Int64

    /// - Parameter now: a monotonic clock, in milliseconds.
    /// - Throws: `GzipError` if there is no memory for the compressor.
    init(
        _ configuration: IngestionConfiguration, _ store: any ObjectStore, _ catalog: any TableCatalog,
        now: @escaping () -> Int64 = Clock.monotonic
    ) throws {
        self.configuration = configuration
        self.store = store
        self.catalog = catalog
        self.now = now
        memory = PartitionMemory(configuration.batchOrder, now: now)
        known = FailedBatchMemory(now: now)
        formats = try ObjectFormats(configuration)
    }

    /// Reads the batch, stores its records and notifies the catalog.
    ///
    /// - Parameter requestID: the invocation's, which its objects carry.
    /// - Throws: `KafkaEventError`, `BatchError`: nothing was written, nor will it be on a redelivery.
    func ingest(_ event: ByteBuffer, requestID: String? = nil, _ logger: Logger) throws -> BatchOutcome {
        let start = Clock.monotonic()
        let batch = IncomingBatch(configuration, formats)
        defer { batch.recycleBuffers() }
        var events = KafkaEventReader(event.padded)
        try batch.add(&events)

        let placements = place(batch, requestID: requestID)
        let storedAt = Clock.now()
        for (partition, placements) in zip(batch.partitions, placements) { remember(partition, placements, logger) }

        let all = placements.flatMap { $0 }
        var outcome = BatchOutcome(batch, all, storedAt: storedAt)
        outcome.catalog = catalog.update(storedRows(all), logger)
        outcome.milliseconds = Clock.monotonic() - start
        let report = BatchReport(all, bucket: configuration.bucket)
        report.logObjects(logger)
        report.logQuarantine(logger)
        report.logDoubtfulTimes(logger)
        return outcome
    }

    /// Stores the records of a batch that the mapping discarded.
    ///
    /// It may be anywhere in its partitions, whatever `BATCH_ORDER` promises of the mapping's batches: everything
    /// stored around it is checked, as for the first batch of a sandbox, and so it is for the mapping's next batch.
    ///
    /// - Parameter payload: the batch, as it was sent to the function.
    /// - Throws: `KafkaEventError`, whose position is within the payload; `BatchError`.
    func replay(_ payload: ByteBuffer, requestID: String? = nil, _ logger: Logger) throws -> BatchOutcome {
        memory = PartitionMemory(.any, now: now)
        defer { memory = PartitionMemory(configuration.batchOrder, now: now) }
        return try ingest(payload, requestID: requestID, logger)
    }

    /// Makes lines and a body of a record that is not stored: what Swift's runtime and ISA-L set up on first use, a
    /// tenth of a first batch's time, is then set up.
    func rehearse() {
        let event = ByteBuffer(capacity: 512)
        event.append(
            """
            {"eventSource":"aws:kafka","records":{"rehearsal-0":[{"topic":"rehearsal","partition":0,"offset":0,\
            "timestamp":0,"timestampType":"CREATE_TIME","value":"e30=","headers":[]}]}}
            """)
        let batch = IncomingBatch(configuration, formats)
        defer { batch.recycleBuffers() }
        var events = KafkaEventReader(event.padded)
        // If it fails, the first batch fails as well, and reports it. (The reader does not keep the event.)
        withExtendedLifetime(event) { try? batch.add(&events) }
        for draft in batch.drafts {
            let body = try? formats[draft.content].body(of: draft, draft.records.indices)
            if let body { formats.recycle(body, of: draft) }
        }
    }

    /// Stores all drafts, partition by partition in the batch's order. One run of requests finds out what is stored
    /// already and what the catalog needs to know about the folders.
    private func place(_ batch: IncomingBatch, requestID: String?) -> [[ObjectPlacement]] {
        let survey = KeySurvey(store, density)
        catalog.prepare(for: tables(of: batch), survey)
        let sharedSurvey = KeySurvey(store, density, sharesOnly: true)
        let drafts = batch.partitions.map { ($0, $0.drafts) }
        let draftCount = drafts.reduce(0) { $0 + $1.1.count }
        let placements = drafts.map { partition, drafts in
            drafts.map { draft in
                let placement = ObjectPlacement(draft, store, formats, known, requestID: requestID)
                switch look(for: draft, of: partition, among: draftCount) {
                case .nothing: start(placement, nil)
                case let look:
                    let survey = configuration.delivery == .exactlyOnce ? survey : sharedSurvey
                    let offset = look == .ahead ? partition.firstOffset : nil
                    let keys = placement.keysAround(draft.records.indices, from: offset)
                    survey.ask(keys, folder: draft.folder, root: topicFolder(of: draft)) { self.start(placement, $0) }
                    store.whileWaiting { placement.prepare() }
                }
                return placement
            }
        }
        survey.start()
        sharedSurvey.start()
        store.run()
        for placement in placements.joined() { placement.finish() }
        let isStored = placements.joined().allSatisfy { $0.firstMissingOffset == nil }
        isStored ? known.forget() : known.remember(placements.joined())
        return placements
    }

    /// Rows wait until the catalog is ready for them.
    private func start(_ placement: ObjectPlacement, _ found: Result<KeysFound, StoreFailure>?) {
        guard placement.draft.content == .rows else { return placement.start(found) }
        catalog.whenReady(placement.draft.folder) { ready in
            switch ready {
            case .success: placement.start(found)
            // Not started, it is missing from its first record on.
            case .failure(let failure): placement.fail(failure)
            }
        }
    }

    /// At-least-once delivery checks nothing as long as there is little to write. A large batch that is redelivered
    /// would find thousands of keys taken, one request after another, where one listing shows them all.
    private func look(for draft: ObjectDraft, of partition: PartitionBatch, among count: Int) -> PartitionMemory.Look {
        switch configuration.delivery {
        case .exactlyOnce: memory.look(for: draft, of: partition)
        case .atLeastOnce: count > Self.mostUnseenDrafts ? .ahead : .nothing
        }
    }

    private static let mostUnseenDrafts = 16

    private func topicFolder(of draft: ObjectDraft) -> String {
        configuration.layout.topicFolder(of: draft.topicPartition.topic, draft.content)
    }

    private func remember(_ partition: PartitionBatch, _ placements: [ObjectPlacement], _ logger: Logger) {
        let foundDeletedTopic = placements.contains(where: \.foundDeletedTopic)
        if foundDeletedTopic {
            logger.warning(
                """
                objects of another topic with the name and offsets of \(partition.name) are stored already: it was \
                deleted and created again; its records are kept under keys that carry a timestamp as well
                """)
        }
        // If objects of a deleted topic are nearby, or one reaches beyond this batch, the sandbox keeps checking.
        let isOpen = placements.contains { $0.firstMissingOffset != nil || $0.reachedBeyond }
        guard !foundDeletedTopic, !isOpen else { return memory.forget(partition.name) }
        let seen = placements.compactMap { placement in placement.seenAhead.map { (placement.draft.keyPrefix, $0) } }
        memory.remember(partition, seenAhead: Dictionary(seen) { $1 })
    }
}

// MARK: What the catalog needs

extension Ingestion {
    /// In the order in which the batch brings the topics.
    private func tables(of batch: IncomingBatch) -> [BatchTable] {
        var tables: [BatchTable] = []
        var places: [String: Int] = [:]
        var folders: Set<String> = []
        for draft in batch.drafts where draft.content == .rows && folders.insert(draft.folder).inserted {
            let topic = draft.topicPartition.topic
            let place = places[topic] ?? tables.count
            if place == tables.count {
                places[topic] = place
                tables.append(
                    BatchTable(topic: topic, folder: topicFolder(of: draft), learned: batch.columns(of: topic)))
            }
            let day = draft.period.isFolder ? Day(of: draft.period.start) : nil
            tables[place].folders.append(
                TableFolder(key: draft.folder, topicFolder: tables[place].folder, day: day))
        }
        return tables
    }

    private func storedRows(_ placements: [ObjectPlacement]) -> StoredRows {
        let rows = placements.filter { $0.draft.content == .rows }
        return StoredRows(
            folders: Set(rows.filter(\.hasStored).map(\.draft.folder)), created: rows.flatMap(\.created))
    }
}
