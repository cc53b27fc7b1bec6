import Foundation
import TestParts
import Testing

/// Batches of which a part could not be written.
@Suite struct `A batch written in part` {
    private static let later = Event.noon + Event.hour
    /// Partition 0 in one hour, partitions 1 and 2 in two.
    private static let records = [
        Record(0), Record(1), Record(10, partition: 1), Record(11, partition: 1),
        Record(12, partition: 1, timestamp: later), Record(20, partition: 2, timestamp: later),
        Record(21, partition: 2),
        Record(22, partition: 2, timestamp: later),
    ]
    private static let denied = ScriptedServer.Action.respond(
        403, body: "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")

    /// Refuses everything of partition 2 and the later hour of partition 1, as long as `isBroken` says so.
    private func store(_ isBroken: @escaping @Sendable () -> Bool = { true }) throws -> ScriptedStore {
        try ScriptedStore { request in
            guard request.method == "PUT", isBroken() else { return nil }
            let key = request.target.removingPercentEncoding ?? ""
            return key.contains("+2+") || key.contains("hour=13") && key.contains("+1+") ? Self.denied : nil
        }
    }

    @Test func `fails the invocation, since a mapping that expects no list would drop its records`() throws {
        let reply = try Sandbox(store()).invoke(Event.msk(Self.records))
        #expect(reply.isError && reply.errorType == "Function.RecordsNotStored")
        #expect(reply.errorMessage.contains("prices-1@12") && reply.errorMessage.contains("prices-2@20"))
        #expect(!reply.errorMessage.contains("prices-0") && !reply.text.contains("batchItemFailures"))
        #expect(reply.errorMessage.contains("s3:PutObject"))
    }

    @Test(arguments: ["true", "false"]) func `names each cause once, whatever number of objects it met`(
        _ partial: String
    ) throws {
        let store = try ScriptedStore { request in
            guard request.method == "PUT" else { return nil }
            let partition = request.target.removingPercentEncoding?.split(separator: "+").dropFirst().first.flatMap {
                Int($0)
            }
            guard let partition, partition > 0 else { return nil }
            return partition % 2 == 0 ? Self.denied : .respond(400, body: "<Error><Code>InvalidRequest</Code></Error>")
        }
        let sandbox = try Sandbox(store, ["PARTIAL_BATCH_RESPONSE": partial, "AWS_LAMBDA_LOG_FORMAT": "JSON"])
        let reply = try sandbox.invoke(Event.msk((0..<200).map { Record(5, partition: $0) }))
        let log = try sandbox.end().filter { $0.contains("\"level\":\"ERROR\"") }
        let told = partial == "true" ? log.joined() : reply.errorMessage
        #expect(reply.isError == (partial == "false"))
        #expect(told.contains("AccessDenied") && told.contains("InvalidRequest"))
        #expect(told.contains("and 89 more partitions") && told.contains("and 90 more partitions"))
        #expect(log.count <= 3 && told.utf8.count < 3000)
    }

    @Test(arguments: ["false", ""]) func `fails the invocation also where the variable says no`(_ value: String) throws
    {
        let reply = try Sandbox(store(), ["PARTIAL_BATCH_RESPONSE": value]).invoke(Event.msk(Self.records))
        #expect(reply.isError && !reply.text.contains("batchItemFailures"))
    }

    @Test func `is answered with each failed partition at its first offset that is not written`() throws {
        let sandbox = try Sandbox(store(), ["PARTIAL_BATCH_RESPONSE": "true"])
        let reply = try sandbox.invoke(Event.msk(Self.records))
        #expect(!reply.isError)
        #expect(
            reply.object == [
                "batchItemFailures": [
                    ["itemIdentifier": ["partition": "prices-1", "offset": 12]],
                    ["itemIdentifier": ["partition": "prices-2", "offset": 20]],
                ]
            ])
        #expect(try sandbox.process.line(containing: "were not stored").contains("\"level\":\"ERROR\""))
    }

    @Test func `is answered with the first offset after what an earlier delivery wrote`() throws {
        let isBroken = Locked(false)
        let store = try ScriptedStore { $0.method == "PUT" && isBroken.value ? Self.denied : nil }
        let sandbox = try Sandbox(store, ["PARTIAL_BATCH_RESPONSE": "true"])
        #expect(try sandbox.invoke(Event.msk(0...4)).text == "{\"batchItemFailures\":[]}")
        isBroken.value = true
        #expect(
            try sandbox.invoke(Event.msk(0...9)).text
                == "{\"batchItemFailures\":[{\"itemIdentifier\":{\"partition\":\"prices-0\",\"offset\":5}}]}")
    }

    @Test func `has all its records once after the redelivery`() throws {
        let broken = Locked(true)
        let store = try store { broken.value }
        let sandbox = try Sandbox(store, ["PARTIAL_BATCH_RESPONSE": "true"])
        _ = try sandbox.invoke(Event.msk(Self.records))
        broken.value = false
        let rest = Self.records.filter { $0.partition == 1 && $0.offset >= 12 || $0.partition == 2 }
        #expect(try sandbox.invoke(Event.msk(rest)).text == "{\"batchItemFailures\":[]}")
        #expect(store.keys.count == 5)
    }

    @Test func `is answered with an empty list when all is written`() throws {
        let sandbox = try Sandbox(ScriptedStore(), ["PARTIAL_BATCH_RESPONSE": "true"])
        #expect(try sandbox.invoke(Event.msk(Self.records)).text == "{\"batchItemFailures\":[]}")
        #expect(try sandbox.invoke(Event.empty).text == "{\"batchItemFailures\":[]}")
    }

    @Test func `is an error all the same where the event cannot be read`() throws {
        let sandbox = try Sandbox(ScriptedStore(), ["PARTIAL_BATCH_RESPONSE": "true"])
        #expect(try sandbox.invoke("{}").isError)
    }
}
