import Foundation
import TestParts
import Testing

/// The built binary under AWS's own Runtime Interface Emulator.
@Suite struct `Under the emulator` {
    private func emulator(_ bucket: Bucket, _ more: [String: String] = [:]) throws -> Emulator {
        try Emulator(TestParts.bootstrap(), bucket.variables(["AWS_REGION": "us-east-1"]).merging(more) { $1 })
    }

    @Test func `batches are stored and answered, one after the other, by one process`() throws {
        let events = try [Event.sample("msk"), Event.sample("awkward"), Event.sample("self-managed"), Event.empty]
        let bucket = try Bucket()
        let emulator = try emulator(bucket)
        for event in events {
            let answer = try emulator.invoke(event)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            #expect(
                Set(object.keys) == [
                    "batchItemFailures", "records", "objects", "bytes", "alreadyStored", "quarantined", "tombstones",
                    "crawler",
                ])
            // A mapping may report item failures while the function does not answer with them.
            #expect(object["batchItemFailures"] as? [String] == [])
        }
        try bucket.expect(events)
        #expect(emulator.process.lines().count { $0.contains("\"message\":\"batch\"") } == events.count)
    }

    @Test func `10,000 records are one batch`() throws {
        let event = try Event.made("--records", "10000")
        let bucket = try Bucket()
        let answer = try emulator(bucket).invoke(event)
        #expect(answer.text.contains("\"records\":10000,"))
        try bucket.expect([event])
    }

    @Test func `the largest event that Lambda delivers is stored`() throws {
        let value = "{\"a\":\"" + String(repeating: "x", count: 100_000) + "\"}"
        let records = (0..<47).map { Record($0, value: value) }
        var event = try Event.msk(records)
        event =
            "{\"padding\":\"\(String(repeating: " ", count: 6_291_556 - event.utf8.count - 13))\"," + event.dropFirst()
        #expect(event.utf8.count == 6_291_556)
        let bucket = try Bucket()
        #expect(try emulator(bucket).invoke(event).text.contains("\"records\":47,\"objects\":1,"))
        try bucket.expect([event])
    }

    @Test func `what is no Kafka event fails with its place, and the next event is served`() throws {
        let bucket = try Bucket()
        let emulator = try emulator(bucket)
        let whole = try Event.msk(0...2)
        let cut = String(whole.prefix(whole.utf8.count / 2))
        let cases = [
            ("{}", "byte 2"), ("{\"Records\":[{\"eventSource\":\"aws:s3\",\"s3\":{}}]}", "at $, byte 46"),
            (cut, "byte \(cut.utf8.count)"), ("[]", "byte 0"), ("null", "byte 0"),
            ("{\"records\":{\"a-0\":{}}}", "$.records[\"a-0\"], byte 18"), ("{\"records\":[]}", "$.records, byte 11"),
            (
                whole.replacingOccurrences(of: "\"offset\":1,", with: "\"offset\":true,"),
                "$.records[\"prices-0\"][1].offset"
            ),
            (
                whole.replacingOccurrences(of: "\"topic\":\"prices\"", with: "\"topic\":null"),
                "$.records[\"prices-0\"][0].topic"
            ),
        ]
        for (event, place) in cases {
            let answer = try emulator.invoke(event)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? NSDictionary)
            #expect(object["errorType"] as? String == "Function.InvalidKafkaEvent", "\(event)")
            #expect((object["errorMessage"] as? String)?.contains(place) == true, "\(object) should name \(place)")
            #expect(object["stackTrace"] as? [String] == [])
        }
        #expect(try bucket.keys() == [])
        #expect(try emulator.invoke(whole).text.contains("\"records\":3,"))
    }

    @Test func `a bad configuration reaches the caller`() throws {
        let answer = try Emulator(TestParts.bootstrap(), ["AWS_REGION": "us-east-1"]).invoke(Event.empty)
        #expect(answer.text.contains("Function.InvalidConfiguration"))
        #expect(answer.text.contains("INGESTION_BUCKET is not set"))
    }

    @Test func `a process that dies fails its batch, and a new one stores it`() throws {
        let isFirst = Locked.once()
        let store = try ScriptedStore { $0.method == "PUT" && isFirst.take() ? .stall : nil }
        let emulator = try Emulator(
            TestParts.bootstrap(),
            store.variables(["AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]))
        let event = try Event.msk(0...2)
        let killer = Thread {
            _ = try? store.request { $0.method == "PUT" }
            for process in emulator.process.descendants { kill(process, SIGKILL) }
        }
        killer.start()
        #expect(try emulator.invoke(event).text.contains("Runtime.ExitError"))
        #expect(try emulator.invoke(event).text.contains("\"records\":3,\"objects\":1,"))
        #expect(store.keys.count == 1)
    }
}
