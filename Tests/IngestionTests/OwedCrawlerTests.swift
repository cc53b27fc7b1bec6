import TestParts
import Testing

@testable import Ingestion

/// A start that is owed outlives the sandbox that owes it.
struct OwedCrawlerTests {
    /// Glue, as far as the tests let it be.
    private final class Glue: CrawlerStarter {
        var answer: Result<CrawlerAnswer, StoreFailure> = .success(.started)
        private(set) var asked = 0
        /// How often a crawl was started.
        private(set) var crawls = 0

        func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> {
            asked += 1
            if answer == .success(.started) { crawls += 1 }
            return answer
        }
    }

    enum Refusal: CaseIterable {
        case isRunning, fails

        var answer: Result<CrawlerAnswer, StoreFailure> {
            self == .isRunning ? .success(.alreadyRunning) : .failure(StoreFailure(description: "no answer"))
        }
    }

    private let bucket = ModelBucket()
    private let clock = History.ModelClock()
    private let glue = Glue()
    private let name = TopicPartition(topic: "prices", partition: 3)

    private func sandbox(crawls: Bool = true) throws -> ModelSandbox<ModelStore> {
        try ModelSandbox(
            crawls ? ["CRAWLER_NAME": "crawler"] : [:], ModelStore(bucket, SeededRandom(seed: 1)), clock, crawler: glue)
    }

    /// Records of one hour from the offset on.
    private func deliver(_ first: Int64, _ sandbox: ModelSandbox<ModelStore>, hour: Int64 = 0) throws {
        sandbox.store.forgetRequests()
        _ = try sandbox.ingest(name, first...first + 9) {
            .init(offset: $0, timestamp: 1_767_225_600_000 + hour * 3_600_000 + $0)
        }
    }

    @Test(arguments: Refusal.allCases)
    func `a start that a dead sandbox owed is made by one that starts later`(refusal: Refusal) throws {
        glue.answer = refusal.answer
        try deliver(0, sandbox())
        glue.answer = .success(.started)
        try deliver(10, sandbox())
        #expect(glue.crawls == 1)
    }

    @Test(arguments: Refusal.allCases)
    func `a start that a dead sandbox owed is made by one that has written into the folder meanwhile`(
        refusal: Refusal
    ) throws {
        glue.answer = refusal.answer
        let (a, b) = (try sandbox(), try sandbox())
        try deliver(0, a)
        try deliver(10, b)
        glue.answer = .success(.started)
        try deliver(20, b)
        #expect(glue.crawls == 1)
    }

    @Test func `a sandbox that dies between its objects and the start leaves it to the next batch`() throws {
        let a = try sandbox()
        // Its last object is written, and then it is killed: the starter is never reached, or not heard.
        glue.answer = .failure(StoreFailure(description: "killed"))
        a.store.requestsToLive = 4
        try deliver(0, a)
        glue.answer = .success(.started)
        // That batch is given up; the next one comes to somebody else.
        try deliver(10, sandbox())
        #expect(glue.crawls == 1)
    }

    @Test func `a folder that was crawled is not crawled again, by whomever`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        try deliver(0, a)
        try deliver(10, a)
        try deliver(20, b)
        try deliver(30, sandbox())
        #expect(glue.asked == 1)
    }

    @Test func `batches into known folders ask nothing for the crawler`() throws {
        let (with, without) = (try sandbox(), try sandbox(crawls: false))
        try deliver(0, with)
        try deliver(10, without)
        for first in stride(from: 20 as Int64, to: 60, by: 20) {
            try deliver(first, with)
            let kinds = with.store.requests.map { $0.prefix { $0 != " " } }
            try deliver(first + 10, without)
            #expect(kinds == without.store.requests.map { $0.prefix { $0 != " " } })
        }
        #expect(glue.asked == 1)
    }

    /// Sandboxes come and go, Glue is busy or broken as it likes; then comes a quiet batch for each hour.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `every folder is crawled after its first object, whoever died owing`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var sandboxes = [try sandbox(), try sandbox()]
        var offset: Int64 = 0
        /// Of each hour, how many crawls there had been before its first object.
        var before: [Int64: Int] = [:]
        for step in 0..<20 {
            let isLast = step >= 17
            glue.answer =
                isLast ? .success(.started) : Refusal.allCases.randomElement(using: &random)?.answer ?? glue.answer
            if !isLast, Int.random(in: 0..<3, using: &random) == 0 { glue.answer = .success(.started) }
            let slot = Int.random(in: sandboxes.indices, using: &random)
            let hour = isLast ? Int64(step - 17) : Int64.random(in: 0..<3, using: &random)
            if before[hour] == nil { before[hour] = glue.crawls }
            let sandbox = sandboxes[slot]
            sandbox.store.requestsToLive =
                !isLast && Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 1...4, using: &random) : .max
            try deliver(offset, sandbox, hour: hour)
            offset += 10
            if sandbox.store.isDead || Int.random(in: 0..<4, using: &random) == 0 {
                sandboxes[slot] = try self.sandbox()
            }
        }
        let uncrawled = before.filter { glue.crawls == $0.value }.keys
        #expect(uncrawled.isEmpty, "seed \(seed)")
    }
}
