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
    private let density = DensityMemory()
    private let known: FailedBatchMemory
    private var memory: PartitionMemory
    private let now: () -> Int64

    /// - Parameter now: milliseconds that never go back.
    /// - Throws: `GzipError` where the compressor cannot be had.
    init(
        _ configuration: IngestionConfiguration, _ store: any ObjectStore, _ starter: any CrawlerStarter,
        now: @escaping () -> Int64 = Clock.monotonic
    ) throws {
        self.configuration = configuration
        self.store = store
        self.now = now
        memory = PartitionMemory(configuration.batchOrder, now: now)
        known = FailedBatchMemory(now: now)
        crawler = CrawlerTrigger(configuration.crawler, starter, store, now: now)
        bodies = try ObjectBodies(configuration, buffers)
    }

    /// Reads the batch, stores its records, starts the crawler where that is due.
    ///
    /// - Parameter requestID: the invocation's, which its objects carry.
    /// - Throws: `KafkaEventError`, `BatchError`: nothing was written, nor will it be on a redelivery.
    func ingest(_ event: ByteBuffer, requestID: String? = nil, _ logger: Logger) throws -> BatchOutcome {
        let start = Clock.monotonic()
        let batch = Batch(configuration, buffers)
        defer { batch.giveBack() }
        var events = KafkaEventReader(event.bytes)
        try batch.add(&events)

        let (placements, folders) = place(batch, requestID: requestID)
        let storedAt = Clock.now()
        for (partition, placements) in zip(batch.partitions, placements) { remember(partition, placements, logger) }

        let all = placements.flatMap { $0 }
        var outcome = BatchOutcome(batch, all, storedAt: storedAt)
        outcome.crawler = startCrawler(all, folders, logger)
        outcome.milliseconds = Clock.monotonic() - start
        let report = BatchReport(all, bucket: configuration.bucket)
        report.logObjects(logger)
        report.logQuarantine(logger)
        report.logDoubtfulTimes(logger)
        return outcome
    }

    /// Stores the records of a batch that the mapping gave up.
    ///
    /// It may lie anywhere in its partitions, whatever `BATCH_ORDER` promises of the mapping's batches: all that is stored
    /// around it is looked at, as for the first batch of a sandbox, and so it is for the mapping's next one.
    ///
    /// - Parameter payload: the batch, as it was sent to the function.
    /// - Throws: `KafkaEventError`, whose place is one within the payload; `BatchError`.
    func replay(_ payload: ByteBuffer, requestID: String? = nil, _ logger: Logger) throws -> BatchOutcome {
        memory = PartitionMemory(.any, now: now)
        defer { memory = PartitionMemory(configuration.batchOrder, now: now) }
        do {
            return try ingest(payload, requestID: requestID, logger)
        } catch var error as KafkaEventError {
            error.path = "$.payload" + error.path.dropFirst()
            throw error
        }
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

    /// Stores all drafts, partition by partition in the batch's order. What is stored already, and which folders are
    /// new, is asked in the same run.
    /// - Returns: also what was asked of each folder that the sandbox did not know.
    private func place(_ batch: Batch, requestID: String?) -> ([[ObjectPlacement]], [String: FolderQuestion]) {
        let survey = KeySurvey(store, density)
        let questions = askAboutFolders(of: batch, survey)
        let sharedSurvey = KeySurvey(store, density, sharesOnly: true)
        let drafts = batch.partitions.map { ($0, $0.drafts) }
        let draftCount = drafts.reduce(0) { $0 + $1.1.count }
        let placements = drafts.map { partition, drafts in
            drafts.map { draft in
                let placement = ObjectPlacement(draft, store, bodies, known, requestID: requestID)
                let folder = draft.content == .rows ? questions[draft.folder] : nil
                let begin = { (found: Result<KeysFound, StoreFailure>?) in
                    guard let folder else { return placement.start(found) }
                    folder.whenAnswered { placement.start(found) }
                }
                switch look(for: draft, of: partition, among: draftCount) {
                case .nothing: begin(nil)
                case let look:
                    let survey = configuration.delivery == .exactlyOnce ? survey : sharedSurvey
                    let start = look == .ahead ? partition.firstOffset : nil
                    let keys = placement.keysAround(draft.records.indices, from: start)
                    survey.ask(keys, folder: draft.folder, root: root(of: draft), completion: begin)
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
        return (placements, questions)
    }

    /// At least once looks at nothing, as long as there is little to be written. A large batch that comes again would
    /// find thousands of keys taken, one request after the other, where one listing shows them all.
    private func look(for draft: ObjectDraft, of partition: PartitionBatch, among count: Int) -> PartitionMemory.Look {
        switch configuration.delivery {
        case .exactlyOnce: memory.look(for: draft, of: partition)
        case .atLeastOnce: count > Self.mostUnseenDrafts ? .ahead : .nothing
        }
    }

    private static let mostUnseenDrafts = 16

    private func root(of draft: ObjectDraft) -> String {
        configuration.layout.topicFolder(of: draft.topicPartition.topic, draft.content)
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
    /// Asks about the folders of rows that the sandbox does not know, where that matters.
    private func askAboutFolders(of batch: Batch, _ survey: KeySurvey) -> [String: FolderQuestion] {
        guard crawler.isOn else { return [:] }
        let drafts = batch.drafts.filter { $0.content == .rows }
        let roots = Dictionary(drafts.map { ($0.folder, root(of: $0)) }) { first, _ in first }
        var questions: [String: FolderQuestion] = [:]
        for folder in crawler.unknown(among: Set(roots.keys)) {
            let question = FolderQuestion()
            questions[folder] = question
            survey.ask(
                CrawlerTrigger.markerRange(in: folder), folder: folder, root: roots[folder] ?? folder,
                completion: { question.answer($0, in: folder) })
        }
        return questions
    }

    private func startCrawler(
        _ placements: [ObjectPlacement], _ questions: [String: FolderQuestion], _ logger: Logger
    ) -> CrawlerTrigger.Decision {
        guard crawler.isOn else { return .off }
        let doubts = questions.values.compactMap(\.failure)
        if let failure = doubts.first {
            logger.warning("cannot tell whether \(doubts.count) folders are new, so the crawler is started: \(failure)")
        }
        let rows = placements.filter { $0.draft.content == .rows }
        let written = Set(rows.filter(\.hasStored).map(\.draft.folder))
        let uncrawled = written.filter { questions[$0].map { !$0.isCrawled } ?? false }
        let (decision, failure) = crawler.decide(
            folders: written, uncrawled: uncrawled, wroteRows: rows.contains { !$0.created.isEmpty })
        if let failure { logger.warning("the crawler was not started; the batch is not affected: \(failure)") }
        return decision
    }
}
