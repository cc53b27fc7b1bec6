import Foundation
import TestParts
import Testing

/// What `local verify` and `local errors` say of what a mapping has stored.
@Suite struct `What is stored` {
    private let pipeline: Pipeline
    private let bucket: Bucket

    init() throws {
        pipeline = try Pipeline(partitions: 2)
        bucket = try Bucket()
        try pipeline.produce(1200, ["--rate", "0", "--key", "index-date", "--awkward-every", "50"]).exit(within: 60)
        let mapping = try pipeline.map(
            ["--batch-size", "100", "--exit-when-idle", "2"],
            environment: try bucket.variables(["TIME_PARTITION": "day"]))
        #expect(try mapping.exit(within: 90).code == 0)
    }

    private func local(_ arguments: [String]) throws -> (code: Int32?, text: String) {
        let process = try pipeline.local(arguments, environment: try bucket.variables())
        let code = try process.exit(within: 60).code
        return (code, process.output())
    }

    @Test func `is verified by names and metadata: nothing missing, nothing twice`() throws {
        let (code, text) = try local(["verify", "s3://\(bucket.name)"])
        #expect(code == 0, "\(text)")
        #expect(text.contains("stock_market-0  offsets 0-") && text.contains("stock_market-1  offsets 0-"))
        #expect(!text.contains("missing") && !text.contains("twice"))
    }

    @Test func `is found to miss what was removed and to hold twice what was copied`() throws {
        let keys = try bucket.objects(under: "topics/").keys.filter { $0.contains("+0+") }.sorted()
        let removed = keys[1]
        let lost = try #require(Int64(removed.split(separator: "+")[2].prefix { $0 != "." }))
        let copied = keys[3].replacingOccurrences(of: ".json", with: ".1.json")
        try bucket.remove(removed)
        try bucket.copy(keys[3], to: copied)
        let (code, text) = try local(["verify", "s3://\(bucket.name)"])
        #expect(code == 1)
        #expect(text.contains("missing") && text.contains("\(lost)-") && text.contains("twice"), "\(text)")
        #expect(text.contains(copied) && text.contains(keys[3]))
        // What lies elsewhere is not this prefix's matter.
        #expect(try local(["verify", "s3://\(bucket.name)/errors/"]).text.contains("quarantined"))
    }

    @Test func `is shown where it was quarantined, decoded and with its reason`() throws {
        let (code, text) = try local(["errors", "s3://\(bucket.name)", "--reason", "malformed-json"])
        #expect(code == 0 && text.contains("  malformed-json  ") && text.contains("  value  "))
        #expect(!text.contains("not-utf-8") && !text.contains("tombstone"))
        let none = try local(["errors", "s3://\(bucket.name)", "--reason", "no-such-reason"])
        #expect(none.code == 0 && none.text.contains("no quarantined records"))
        #expect(try local(["errors", "s3://\(bucket.name)", "--limit", "1"]).text.contains("more than 1 records"))
        #expect(try local(["errors", "bucket"]).code != 0)
    }
}
