import TestParts
import Testing

@Suite struct EveryRecordTests {
    @Test func `200,000 records over 6 partitions are stored once, in order, as they were sent`() throws {
        let pipeline = try Pipeline(partitions: 6)
        let bucket = try Bucket()
        let producer = try pipeline.produce(
            200_000, ["--rate", "0", "--key", "index-date", "--headers", "--awkward-every", "50"])
        try producer.exit(within: 180)
        let mapping = try pipeline.map(
            [
                "--batch-size", "10000", "--maximum-batching-window-in-seconds", "1", "--pollers", "2", "--freeze",
                "--exit-when-idle", "3",
            ],
            environment: try bucket.variables())
        #expect(try mapping.exit(within: 240).code == 0)
        let comparison = try bucket.comparison(with: pipeline.sent)
        #expect(comparison.wrong == [])
        #expect(comparison.count == 200_000)
        print("End to end: \(try mapping.line(containing: "records per second", on: .error))")
    }
}
