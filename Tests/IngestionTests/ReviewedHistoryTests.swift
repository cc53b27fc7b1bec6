import Base64
import Bytes
import Logging
import Testing

@testable import Ingestion

/// Histories and stores that a reader of the code thought of, each seen to fail before.
struct ReviewedHistoryTests {
    private let bucket = ModelBucket()
    private let clock = History.ModelClock()
    private let name = TopicPartition(topic: "prices", partition: 3)
    private let start: Int64 = 1_767_225_600_000
    private let hour: Int64 = 3_600_000

    private func sandbox(_ settings: [String: String] = [:]) throws -> ModelSandbox<ModelStore> {
        try ModelSandbox(settings, ModelStore(bucket, SeededRandom(seed: 1)), clock)
    }

    private func event(_ records: [ModelLog.Record]) -> ByteBuffer { modelEvent([(name, records[...])]) }

    /// The records that are not stored once.
    private func wrong(_ records: [ModelLog.Record]) -> [String] {
        records.filter { bucket.copies[$0.id] != 1 }.map { "\($0.offset) x \(bucket.copies[$0.id] ?? 0)" }
    }

    private func dense(_ count: Int64) -> [[ModelLog.Record]] {
        (0..<count).map { [ModelLog.Record(offset: $0, timestamp: start + $0)] }
    }

    private func hours(_ count: Int64) -> [ModelLog.Record] {
        (0..<count).map { ModelLog.Record(offset: $0, timestamp: start + $0 * hour + 2000) }
    }

    // MARK: Progress

    @Test func `records of a compacted topic that lie far apart are written side by side`() throws {
        let deliveries = TimedDeliveries(.same, latency: 50, seconds: 6)
        let records = (0..<960 as Range<Int64>).map { ModelLog.Record(offset: $0 * 10_000, timestamp: start + $0) }
        #expect(try deliveries.count([(name, records)], most: 6) <= 2)
    }

    @Test(arguments: TimedDeliveries.Sandboxes.allCases, ["", "crawler"])
    func `one dense folder does not hold up the thousands after it`(
        sandboxes: TimedDeliveries.Sandboxes, crawler: String
    ) throws {
        let settings = crawler.isEmpty ? [:] : ["CRAWLER_NAME": crawler]
        let deliveries = TimedDeliveries(sandboxes, settings, latency: 50, seconds: 15, concurrency: 32)
        try deliveries.store(dense(1500), of: TopicPartition(topic: "prices", partition: 0))
        #expect(try deliveries.count([(name, hours(6_000))], most: 3) <= 2)
    }

    @Test func `many dense folders are looked into side by side`() throws {
        let deliveries = TimedDeliveries(.fresh, ["CRAWLER_NAME": "crawler"], latency: 50, seconds: 6)
        for h in 0..<30 as Range<Int64> {
            let records = (0..<1100 as Range<Int64>).map { offset in
                [ModelLog.Record(offset: h * 1100 + offset, timestamp: start + h * hour + offset)]
            }
            try deliveries.store(records, of: TopicPartition(topic: "prices", partition: 5))
        }
        #expect(try deliveries.count([(name, hours(400))], most: 3) <= 2)
    }

    @Test func `one refused listing is not asked for once more for each folder, nor told of for each`() throws {
        let store = OddStore(bucket)
        store.listing = { _ in .failure(StoreFailure(description: "SlowDown")) }
        let log = CountingLog()
        let ingestion = try modelIngestion(["CRAWLER_NAME": "crawler"], store, clock)
        let outcome = try ingestion.ingest(event(hours(1_000)), Logger(label: "model") { _ in log })
        #expect(outcome.unwritten.count == 1 && bucket.objects.isEmpty)
        #expect(store.lists == 1)
        #expect(log.lines.count < 5)
    }

    @Test func `a record is compared with an object of many short lines in no time`() throws {
        let small = (0..<9_000 as Range<Int64>).map { ModelLog.Record(offset: $0, timestamp: -1, id: $0) }
        _ = try sandbox().ingest(event(small))
        // With each line of it searched for every one of the object's, this takes minutes.
        _ = try sandbox().ingest(event(value: "{\"a\":\"" + String(repeating: "x", count: 1_000_000) + "\"}", at: 5))
        #expect(bucket.objects.count == 2)
    }

    // MARK: Once

    private func event(value: String, at offset: Int64) -> ByteBuffer {
        let (plain, encoded, event) = (ByteBuffer(), ByteBuffer(), ByteBuffer())
        plain.append(value)
        Base64.encode(plain.bytes, appendingTo: encoded)
        event.append(
            #"{"eventSource":"aws:kafka","records":{"prices-3":[{"topic":"prices","partition":3,"offset":\#(offset),"#
                + #""timestamp":-1,"value":"\#(encoded.text)"}]}}"#)
        return event
    }

    @Test(arguments: [#"{"source":{"kafka_topic":"raw"},"x":1}"#, "{}", "{ }", #"{"x":"}" }"#])
    func `a row is recognised with and without its metadata, whatever it holds`(value: String) throws {
        for settings in [[:], ["RECORD_METADATA": "kafka"], [:]] {
            _ = try sandbox(settings).ingest(event(value: value, at: 7))
        }
        #expect(bucket.objects.count == 1, "\(bucket.sortedKeys)")
    }

    @Test func `an object that the listing shows and HEAD does not find fails the batch`() throws {
        let records = Array(hours(10).prefix(1)) + [ModelLog.Record(offset: 1, timestamp: start + 3000)]
        _ = try sandbox().ingest(event(records))
        let store = OddStore(bucket)
        store.knowsObjects = false
        let ingestion = try modelIngestion([:], store, clock)
        let outcome = try ingestion.ingest(event(records), Logger(label: "model") { _ in SwiftLogNoOpLogHandler() })
        #expect(outcome.unwritten.count == 1)
        #expect(wrong(records) == [])
    }

    @Test func `a folder that was looked into two batches ago is looked behind once more`() throws {
        func record(_ offset: Int64) -> ModelLog.Record {
            let hours: Int64 = [5, 15, 25].contains(offset) ? 0 : offset < 20 ? 1 : 2
            return .init(offset: offset, timestamp: start + hours * hour + offset)
        }
        let (first, second) = (try sandbox(), try sandbox())
        _ = try first.ingest(event((0...9).map(record)))
        _ = try second.ingest(event((15...29).map(record)))
        // Compaction takes 15.
        _ = try first.ingest(event((Array(10...14) + Array(16...19)).map { record($0) }))
        _ = try first.ingest(event((20...29).map(record)))
        #expect(wrong((0...29).map(record)) == [], "\(bucket.sortedKeys)")
    }

    @Test func `a third topic of a name whose records have no times is stored like the second`() throws {
        for topic in 0..<4 as Range<Int64> {
            let records = (0..<5 as Range<Int64>).map {
                ModelLog.Record(incarnation: Int(topic), offset: $0, timestamp: -1, id: topic * 100 + $0)
            }
            #expect(try sandbox().ingest(event(records)).unwritten.isEmpty)
            #expect(try sandbox().ingest(event(records)).unwritten.isEmpty)
            #expect(wrong(records) == [])
        }
    }

    @Test func `an object within a larger one does not hide that it covers what follows`() throws {
        func record(_ offset: Int64) -> ModelLog.Record { .init(offset: offset, timestamp: start + offset) }
        // Compaction has taken 15 before these were delivered, and a payload of before is replayed afterwards.
        _ = try sandbox().ingest(event([10, 20].map(record)))
        _ = try sandbox().ingest(event([15].map(record)))
        _ = try sandbox().ingest(event([20, 21, 22].map(record)))
        #expect(wrong([10, 15, 20, 21, 22].map(record)) == [], "\(bucket.sortedKeys)")
    }

    @Test func `what a sandbox knows of a failed batch's objects is forgotten after a minute`() throws {
        func record(_ offset: Int64) -> ModelLog.Record {
            .init(offset: offset, timestamp: start + (offset >= 10 ? hour : 0) + offset)
        }
        let store = OddStore(bucket)
        store.refuses = { $0.contains("hour=01") }
        let first = try modelIngestion([:], store, clock)
        let log = Logger(label: "model") { _ in SwiftLogNoOpLogHandler() }
        _ = try first.ingest(event((0...19).map(record)), log)
        // Somebody empties the bucket; the next delivery is shorter and comes to another sandbox.
        let emptied = ModelBucket()
        store.bucket = emptied
        _ = try ModelSandbox([:], ModelStore(emptied, SeededRandom(seed: 1)), clock).ingest(event((0...4).map(record)))
        store.refuses = { _ in false }
        clock.now += 61_000
        #expect(try first.ingest(event((0...19).map(record)), log).unwritten.isEmpty)
        #expect((0...19).map(record).filter { emptied.copies[$0.id] != 1 }.isEmpty)
    }

    // MARK: Listings and crawls

    @Test func `each of a backlog's folders says that it was crawled`() throws {
        let glue = CountingCrawler()
        func fresh() throws -> ModelSandbox<ModelStore> {
            try ModelSandbox(
                ["CRAWLER_NAME": "c"], ModelStore(bucket, SeededRandom(seed: 1)), clock, crawler: glue)
        }
        _ = try fresh().ingest(event(hours(300)))
        // Another sandbox gets the late records of the same hours, an hour a batch.
        let warm = try fresh()
        for late in 0..<300 as Range<Int64> {
            _ = try warm.ingest(event([.init(offset: 300 + late, timestamp: start + late * hour + 5)]))
        }
        #expect(glue.starts == 1)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a page that is shared answers as each question alone would be`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 77)
        let layout = try modelConfiguration([:]).layout
        let metadata = try modelMetadata(of: [ModelLog.Record(offset: 0, timestamp: 0)], name)
        let topics = ["t", "t+1", "_t", "-t", ".t", "a%b"]
        let partitions = [1, 10, 2, 100] as [Int32]
        func folder(_ topic: String, _ hours: Int64) -> String {
            layout.folder(of: topic, TimePeriod(of: start + hours * hour, .hour), .rows)
        }
        for _ in 0..<Int.random(in: 0...1800, using: &random) {
            let topic = topics[Int.random(in: topics.indices, using: &random)]
            let partition = partitions[Int.random(in: partitions.indices, using: &random)]
            let place = folder(topic, Int64.random(in: 0..<4, using: &random))
            let offset = ObjectLayout.digits(Int64.random(in: 0..<500, using: &random))
            let suffix = [".json", ".json.gz", ".5.json"][Int.random(in: 0..<3, using: &random)]
            let keyPrefix = place + layout.namePrefix(of: TopicPartition(topic: topic, partition: partition))
            _ = bucket.create(keyPrefix + offset + suffix, ModelBucket.Object(lines: [], metadata: metadata))
            if Int.random(in: 0..<50, using: &random) == 0 { _ = bucket.createMarker(place + CrawlerCatalog.marker) }
        }
        let store = ModelStore(bucket, SeededRandom(seed: seed))
        let survey = KeySurvey(store, DensityMemory())
        var asked: [KeyRange] = []
        var answers: [Int: KeysFound] = [:]
        func ask(_ range: KeyRange, _ folder: String, _ topic: String) {
            let index = asked.count
            asked.append(range)
            survey.ask(range, folder: folder, root: layout.topicFolder(of: topic, .rows)) {
                answers[index] = try? $0.get()
            }
        }
        for topic in topics {
            for hours in 0..<4 as Range<Int64> {
                let place = folder(topic, hours)
                if Bool.random(using: &random) { ask(CrawlerCatalog.markerRange(in: place), place, topic) }
                for partition in partitions where Bool.random(using: &random) {
                    let keyPrefix = place + layout.namePrefix(of: TopicPartition(topic: topic, partition: partition))
                    let first = Int64.random(in: 0..<500, using: &random)
                    let last = Int64.random(in: first...600, using: &random)
                    let (after, through) = (ObjectLayout.digits(first), ObjectLayout.digits(last) + "/")
                    let range = KeyRange(prefix: keyPrefix, after: keyPrefix + after, through: keyPrefix + through)
                    ask(range, place, topic)
                }
            }
        }
        survey.start()
        store.run()
        #expect(answers.count == asked.count)
        for (index, range) in asked.enumerated() { expect(answers[index], of: range) }
    }

    private func expect(_ answer: KeysFound?, of range: KeyRange) {
        let under = bucket.sortedKeys.filter { $0.hasPrefix(range.prefix) && isBefore(range.after, $0) }
        let keys = under.filter { !isBefore(range.through, $0) }
        #expect(answer?.keys == (range.needsFirstOnly ? Array(keys.prefix(1)) : keys))
        if !range.needsFirstOnly { #expect(answer?.next == under.first { isBefore(range.through, $0) }) }
    }
}

/// A store that answers at once, and not always as S3 would.
private final class OddStore: ObjectStore {
    var bucket: ModelBucket
    var knowsObjects = true
    var refuses: (String) -> Bool = { _ in false }
    var listing: ((String) -> Result<KeyPage, StoreFailure>)?
    private(set) var lists = 0

    init(_ bucket: ModelBucket) { self.bucket = bucket }

    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        if refuses(key) { return completion(.failure(StoreFailure(description: "refused"))) }
        completion(.success(bucket.create(key, modelObject(key, body, metadata))))
    }

    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void) {
        completion(.success(bucket.createMarker(key)))
    }

    func metadata(of key: String, completion: @escaping (Result<MetadataAnswer, StoreFailure>) -> Void) {
        completion(.success(knowsObjects ? bucket.metadata(of: key) : .absent))
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        completion(.success(bucket.contents(of: key) ?? ByteBuffer()))
    }

    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void
    ) {
        lists += 1
        completion(listing?(prefix) ?? .success(bucket.keys(with: prefix, after: start, limit: limit)))
    }

    func run() {}
}

private final class CountingCrawler: CrawlerStarter {
    private(set) var starts = 0

    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> {
        starts += 1
        return .success(.started)
    }
}

private final class CountingLog: LogHandler {
    nonisolated(unsafe) private(set) var lines: [String] = []  // one test, one thread
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { lines.append("\(event.message)") }
}
