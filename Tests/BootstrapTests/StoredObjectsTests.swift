import Foundation
import TestParts
import Testing

/// What a batch leaves in the bucket, read by Python: each record once, in the right key, byte for byte.
@Suite struct `Stored objects` {
    @Test(arguments: ["msk", "self-managed", "awkward", "empty"])
    func `hold every record of the sample batches`(_ name: String) throws {
        let event = try Event.sample(name)
        let bucket = try Bucket()
        let reply = try Sandbox(bucket).invoke(event)
        #expect(!reply.isError, "\(reply.text)")
        try bucket.expect([event])
    }

    @Test(arguments: [
        (["RECORD_METADATA": "kafka"], ["metadata": "kafka"]),
        (["COMPRESSION": "none"], ["compression": "none"]),
        (["TIME_PARTITION": "day"], ["time": "day"]),
        (["TIME_PARTITION": "none"], ["time": "none"]),
        (
            ["INGESTION_PREFIX": "raw/kafka", "ERRORS_PREFIX": "bad rows"],
            ["prefix": "raw/kafka", "errors": "bad rows"]
        ),
    ])
    func `follow the settings`(_ variables: [String: String], _ settings: [String: String]) throws {
        let events = try [Event.sample("msk"), Event.sample("awkward")]
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket, variables)
        for event in events { #expect(try !sandbox.invoke(event).isError) }
        try bucket.expect(events, settings)
    }

    @Test func `carry metadata in each line, unless a line has such a column or the key is no base64`() throws {
        let records = [
            Record(0, key: "plain \"key\""), Record(1, key: ""), Record(2, value: "{}"), Record(3, value: " { } "),
            Record(4, value: "{\"kafka_offset\":1}"), Record(5, value: "{\"KAFKA_KEY\":null}"),
            Record(6, value: "{\"kafka_\\u006bey\":1}"), Record(7, value: "{\"a\":{\"kafka_key\":1}}"), Record(8),
        ]
        let event = try Event.msk(records)
            .replacingOccurrences(
                of: "\"headers\":[],\"key\":null,\"offset\":8", with: "\"key\":\"no/base64!\",\"offset\":8")
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket, ["RECORD_METADATA": "kafka"])
        let reply = try sandbox.invoke(event)
        #expect(try sandbox.summary(of: reply)["quarantined"] as? Int == 4)
        try bucket.expect([event], ["metadata": "kafka"])
    }

    @Test(arguments: [
        "two  words ", "Börse-€-漢字😀", "a+b:c@d,e(f)g'h~i!j*k&l;m$n", "dt=2026-11-21", "a/b", "50%", "%2F", "..",
        "_hidden",
        ".hidden", "q?x=1#f", "\"<\\>^`{|}[]", "tab\tand\nline", "x-0",
    ])
    func `lie under the topic's name, whatever is in it`(_ topic: String) throws {
        let event = try Event.msk([Record(7, topic: topic), Record(8, topic: topic, value: "no JSON")])
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket)
        let reply = try sandbox.invoke(event)
        #expect(!reply.isError, "\(reply.text)")
        try bucket.expect([event])
        // Its own objects are found again under such a name.
        let writings = try bucket.writings()
        #expect(try !Sandbox(bucket).invoke(event).isError)
        #expect(try bucket.writings() == writings)
    }

    @Test func `are answered with their numbers`() throws {
        let event = try Event.msk([
            Record(0), Record(1, timestamp: Event.noon + Event.hour), Record(2, value: "x"), Record(0, partition: 1),
        ])
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket)
        let reply = try sandbox.invoke(event)
        let summary = try sandbox.summary(of: reply)
        let expected = ["records": 4, "objects": 4, "quarantined": 1]
        for (name, number) in expected {
            #expect(reply.object?[name] as? Int == number)
            #expect(summary[name] as? Int == number)
        }
        #expect(summary["bytes"] as? Int == reply.object?["bytes"] as? Int)
        #expect(summary["crawler"] as? String == "off" && summary["milliseconds"] is Int)
        #expect(summary["level"] as? String == "INFO")
        #expect(reply.request.headers["Content-Type"] == "application/json")
    }

    @Test func `are uploaded together, as many as the setting says`() throws {
        let gate = Gate(count: 3)
        let uploads = Counter()
        let store = try ScriptedStore { request in
            guard request.method == "PUT" else { return nil }
            uploads.enter()
            defer { uploads.leave() }
            gate.pass()
            return nil
        }
        let event = try Event.msk((0..<9).map { Record($0, partition: $0) })
        #expect(try !Sandbox(store, ["UPLOAD_CONCURRENCY": "3"]).invoke(event).isError)
        #expect(uploads.most == 3 && store.keys.count == 9)
    }

    @Test func `are never written over, and carry their checksum`() throws {
        let store = try ScriptedStore()
        #expect(try !Sandbox(store).invoke(Event.sample("msk")).isError)
        #expect(!store.puts.isEmpty)
        for put in store.puts {
            #expect(put.headers["If-None-Match"] == "*")
            let checksum = try #require(Data(base64Encoded: put.headers["x-amz-checksum-sha256"] ?? ""))
            let hex = checksum.map { String(format: "%02x", $0) }.joined()
            #expect(hex == put.headers["x-amz-content-sha256"])
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try Data(put.body).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            #expect(
                try LocalProcess("/usr/bin/sha256sum", [file.path]).line(containing: file.path).hasPrefix(hex + " "))
        }
    }
}
