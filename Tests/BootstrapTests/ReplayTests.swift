import Foundation
import TestParts
import Testing

/// A batch that failed for good comes back as the record that the on-failure destination kept of it.
@Suite struct `A failed batch that is replayed` {
    /// As Lambda writes it. https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
    /// - Parameter payload: what stands there; nil where nothing does.
    private func record(_ payload: Any?) throws -> String {
        var record: [String: Any] = [
            "requestContext": [
                "requestId": "316aa6d0", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 11,
            ],
            "responseContext": ["statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"],
            "version": "1.0", "timestamp": "2026-11-21T12:00:06.021Z",
            "KafkaBatchInfo": ["batchSize": 3, "bootstrapServers": "b-1.example.com:9092", "recordsInfo": [:]],
        ]
        record["payload"] = payload
        return String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self)
    }

    private func object(_ event: String) throws -> Any { try JSONSerialization.jsonObject(with: Data(event.utf8)) }

    @Test(arguments: ["msk", "awkward", "self-managed"]) func `is stored as the batch would have been`(_ sample: String)
        throws
    {
        let event = try Event.sample(sample)
        for payload in [event as Any, try object(event)] {
            let bucket = try Bucket()
            let reply = try Sandbox(bucket).invoke(record(payload))
            #expect(!reply.isError && reply.object?["records"] as? Int ?? 0 > 0, "\(reply.text)")
            try bucket.expect([event])
        }
    }

    @Test(arguments: ["any", "strict"]) func `adds only what no delivery has stored`(_ order: String) throws {
        let bucket = try Bucket()
        let events = try [Event.msk(0...4), Event.msk(20...24), Event.msk(25...29)]
        let given = try [Event.msk(3...11), Event.msk(12...22)]
        let sandbox = try Sandbox(bucket, ["BATCH_ORDER": order])
        for event in events[..<2] { #expect(try !sandbox.invoke(event).isError) }
        for event in given + given { #expect(try !sandbox.invoke(record(event)).isError) }
        #expect(try !sandbox.invoke(events[2]).isError)
        try bucket.expect(events + given, ["cut": true])
        let writings = try bucket.writings()
        for event in given { #expect(try !Sandbox(bucket).invoke(record(event)).isError) }
        #expect(try bucket.writings() == writings)
    }

    @Test func `is looked at closely, though it seems to continue the mapping's strict order`() throws {
        let bucket = try Bucket()
        let strict = ["BATCH_ORDER": "strict"]
        let sandbox = try Sandbox(bucket, strict)
        let events = try [Event.msk(0...4), Event.msk(8...11), Event.msk(5...11)]
        #expect(try !sandbox.invoke(events[0]).isError)
        #expect(try !Sandbox(bucket, strict).invoke(events[1]).isError)
        #expect(try !sandbox.invoke(record(events[2])).isError)
        try bucket.expect(events, ["cut": true])
    }

    @Test func `fails where it cannot be stored, though the mapping takes partial answers`() throws {
        let store = try ScriptedStore { $0.method == "PUT" ? .respond(403, body: "") : nil }
        let sandbox = try Sandbox(store, ["PARTIAL_BATCH_RESPONSE": "true"])
        let event = try Event.msk(0...2)
        #expect(try sandbox.invoke(event).text.contains("batchItemFailures"))
        let reply = try sandbox.invoke(record(event))
        #expect(reply.isError && reply.errorType == "Function.RecordsNotStored", "\(reply.text)")
    }

    @Test func `that cannot be read fails with its place`() throws {
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket)
        let whole = try record(Event.msk(0...2))
        let cases = try [
            (record(nil), "can only be read from Kafka"), (record(NSNull()), "can only be read from Kafka"),
            (record("{\"eventSource\":\"aws:kafka\",\"records\":{\"a-0\":{}}}"), "$.payload.records[\"a-0\"]"),
            (record(""), "$.payload"), (record(3), "$.payload"), (record(["requestContext": [:]]), "eventSource"),
            (String(whole.dropLast()), "byte \(whole.utf8.count - 1)"), (whole + "x", "the end of the text"),
        ]
        for (event, place) in cases {
            let reply = try sandbox.invoke(event)
            #expect(reply.isError && reply.errorType == "Function.InvalidKafkaEvent", "\(event)")
            #expect(reply.errorMessage.contains(place), "\(reply.errorMessage) should name \(place)")
        }
        #expect(try bucket.keys() == [])
    }
}
