import Foundation
import TestParts
import Testing

/// With next to no time left the function answers instead of dying in the middle, and what it left undone is done by
/// the redelivery.
@Suite(.serialized) struct `Little time left` {
    /// Ends when this process does.
    private static let shared = Result { try LocalS3() }

    /// Milliseconds to the deadline; each request to S3 is held back for so many.
    @Test(arguments: [(300, 0), (300, 60), (300, 1_000), (150, 0), (40, 0), (0, 0), (2_000, 700)])
    func `ends in an answer, and the redelivery completes`(_ milliseconds: Int, _ latency: Int) throws {
        let s3 = try Self.shared.get()
        let topic = "deadline-\(milliseconds)-\(latency)"
        let proxy = try FaultProxy(to: s3.port) { _ in .late(milliseconds: UInt32(latency)) }
        for answersPartially in [false, true] {
            let part = answersPartially ? 1 : 0
            let log = ProducedLog(topic: topic, partition: part)
            let sandbox = try Sandbox(endpoint: proxy.url, ["PARTIAL_BATCH_RESPONSE": "\(answersPartially)"])
            // Started and warm, as it is when the time is short for other reasons.
            _ = sandbox.outcome(ProducedLog.event([]))
            // Far less than what waiting for the slow S3 would take.
            let (answer, took) = sandbox.outcome(
                ProducedLog.event([(log, 0..<200)]), remaining: milliseconds, grace: 700)
            print("deadline: \(milliseconds) ms left, S3 answers after \(latency) ms: \(answer.word) after \(took) ms")
            let start = try next(answer, answersPartially)
            #expect(sandbox.process.isRunning)
            // The same sandbox goes on, with enough time now.
            guard case .succeeded(let text) = sandbox.outcome(ProducedLog.event([(log, start..<220)])).0 else {
                throw Failure(description: "the redelivery failed")
            }
            #expect(!text.contains("[{"))
        }
        proxy.drain()
        let whole = LocalS3.Expected(offsets: 0..<220)
        let count = try s3.count(["\(topic)-0": whole, "\(topic)-1": whole])
        #expect(count.wrong == [])
    }

    /// Where the mapping goes on after this answer.
    private func next(_ answer: Sandbox.Answer, _ answersPartially: Bool) throws -> Int {
        switch answer {
        case .succeeded(let text):
            guard text.contains("[{") else { return 0 }  // done in time; delivered again all the same
            #expect(answersPartially)
            return try #require(text.split(separator: "\"offset\":").last.flatMap { Int($0.prefix { $0.isNumber }) })
        case .failed(let type, let message):
            #expect(!answersPartially && type == "Function.RecordsNotStored")
            #expect(message.contains("deadline"))
            return 0
        case .died, .timedOut: throw Failure(description: "no answer, but \(answer)")
        }
    }
}
