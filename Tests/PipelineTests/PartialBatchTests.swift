import Foundation
import TestParts
import Testing

@Suite struct PartialBatchTests {
    @Test func `a partition that cannot be written waits while the others go on, and loses nothing`() throws {
        let pipeline = try Pipeline(partitions: 4)
        let bucket = try Bucket()
        // moto takes a pattern for a regular expression, in which the '+' of our names would be no plus.
        try bucket.deny(["topics/*/\(pipeline.topic).2.*"])
        let mapping = try pipeline.map(
            ["--function-response-types", "ReportBatchItemFailures", "--batch-size", "500", "--exit-when-idle", "4"],
            environment: try bucket.variables(["PARTIAL_BATCH_RESPONSE": "true"]))
        try pipeline.produce(8000, ["--rate", "0", "--key", "index-date"]).exit(within: 60)
        let sent = try String(contentsOfFile: pipeline.sent, encoding: .utf8).split(separator: "\n")
        let barred = sent.count { $0.hasPrefix("{\"partition\":2,") }
        #expect(barred > 1000)

        // The others are done; this one has got nowhere.
        let done = (8000 - barred).formatted(.number.locale(Locale(identifier: "en_US")))
        try mapping.line(containing: "acknowledged \(done), lag", on: .error, within: 60)
        let counts = try bucket.partitions()
        #expect(counts["2"] == nil)
        #expect(counts.values.reduce(0, +) == 8000 - barred)

        try bucket.deny([])
        #expect(try mapping.exit(within: 120).code == 0)
        let comparison = try bucket.comparison(with: pipeline.sent)
        #expect(comparison.wrong == [])
        #expect(comparison.count == 8000)
    }
}
