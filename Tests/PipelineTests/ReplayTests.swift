import Foundation
import TestParts
import Testing

/// Batches that were given up, and come back from the on-failure destination.
@Suite struct ReplayTests {
    @Test func `failed batches are replayed once the reason is gone, and the bucket is empty then`() throws {
        let pipeline = try Pipeline(partitions: 2)
        let bucket = try Bucket()
        // moto takes a pattern for a regular expression, in which the '+' of our names would be no plus.
        let barred = "topics/*/\(pipeline.topic).1.*"
        try bucket.deny([barred])
        try pipeline.produce(2000, ["--rate", "0", "--key", "index-date"]).exit(within: 60)
        let mapping = try pipeline.map(
            [
                "--maximum-retry-attempts", "0", "--batch-size", "500", "--exit-when-idle", "2",
                "--on-failure-destination", "s3://\(bucket.name)",
            ],
            environment: try bucket.variables())
        // Records were given up.
        #expect(try mapping.exit(within: 90).code == 1)
        let failed = try bucket.objects(under: "aws/lambda/").keys.sorted()
        #expect(failed.count > 1)
        #expect(try bucket.comparison(with: pipeline.sent).wrong != [])

        for partial in ["false", "true"] {
            let inVain = try pipeline.replay(bucket, ["PARTIAL_BATCH_RESPONSE": partial])
            #expect(try inVain.exit(within: 60).code == 1)
            #expect(inVain.output().contains("0 of \(failed.count) failed batches replayed"))
            #expect(inVain.output(.error).contains("\(failed[0]) was kept: "))
            #expect(try bucket.objects(under: "aws/lambda/").keys.sorted() == failed)
        }

        try bucket.deny([])
        for count in [failed.count, 0] {
            let replay = try pipeline.replay(bucket)
            #expect(try replay.exit(within: 60).code == 0, "\(replay.output(.error))")
            #expect(replay.output().contains("\(count) of \(count) failed batches replayed"))
        }
        #expect(try bucket.objects(under: "aws/lambda/").isEmpty)
        #expect(try bucket.objects(under: "replayed/").keys.sorted() == failed.map { "replayed/" + $0 })
        let comparison = try bucket.comparison(with: pipeline.sent)
        #expect(comparison.wrong == [] && comparison.count == 2000)
    }
}
