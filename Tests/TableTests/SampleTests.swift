import Foundation
import TestParts
import Testing

/// Every sample batch, with each setting that changes what rows or folders are: all rows are read through the table.
@Suite(.serialized) struct `A table of the function's own` {
    @Test(
        arguments: [
            [:], ["RECORD_METADATA": "kafka-headers"], ["RECORD_METADATA": "kafka", "TOMBSTONES": "row"],
            ["VALUE_FORMAT": "text"], ["VALUE_FORMAT": "bytes", "RECORD_METADATA": "kafka"],
            ["TIME_PARTITION": "day"], ["TIME_PARTITION": "none"], ["PARTITION_COLUMNS": "day,hour"],
            ["COMPRESSION": "none"], ["INGESTION_PREFIX": "topics", "GLUE_PARTITIONS": "true"],
            ["PARTITION_COLUMNS": "tag,stunde", "TIME_PARTITION": "day", "GLUE_PARTITIONS": "true"],
        ] as [[String: String]])
    func `shows every row of the sample batches`(_ settings: [String: String]) throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake, settings)
        for name in ["msk", "self-managed", "awkward", "empty"] {
            let reply = try sandbox.invoke(Event.sample(name))
            #expect(!reply.isError, "\(name): \(reply.text)")
        }
        #expect(try !sandbox.invoke(Event.made("--records", "500")).isError)
        let found = try lake.expectReadable()
        #expect(found.rows > 500)
        if settings["GLUE_PARTITIONS"] == "true" {
            let registered = try lake.findings(partitions: true)
            #expect(registered.wrong == [] && registered.rows == found.rows)
        }
        #expect(try lake.refusals() == [])
    }

    @Test func `is asked about once, and then only when there is something new`() throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        let first = try sandbox.invoke(Event.of(["{\"a\":1}", "{\"a\":2}"]))
        #expect(try sandbox.catalog(first) == "created")
        let afterFirst = try lake.actions()
        #expect(afterFirst.count <= 3 && afterFirst.last == "CreateTable", "\(afterFirst)")
        let again = try sandbox.invoke(Event.of(["{\"a\":3}", "{\"a\":null}", "{}"], from: 2))
        #expect(try sandbox.catalog(again) == "known")
        #expect(try lake.actions() == afterFirst)
        let other = try Sandbox(lake)
        let known = try other.invoke(Event.of(["{\"a\":4}"], from: 5))
        #expect(try other.catalog(known) == "known")
        #expect(try lake.actions() == afterFirst + ["GetTable"])
        let wider = try sandbox.invoke(Event.of(["{\"a\":4.5,\"b\":{\"c\":[1]}}"], from: 6))
        #expect(try sandbox.catalog(wider) == "widened")
        #expect(Array(try lake.actions().dropFirst(afterFirst.count + 1)) == ["GetTable", "UpdateTable"])
        #expect(
            try lake.expectReadable(rows: 7).columns["prices"] == ["a": "double", "b": "struct<c:array<bigint>>"])
    }

    @Test func `widens by one merge where every record has another shape`() throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        _ = try sandbox.invoke(Event.of(["{\"o\":0}"]))
        let before = try lake.actions().count
        let values = (1...400).map { "{\"o\":\($0),\"name\($0)\":\($0 % 2 == 0 ? "1" : "\"x\"")}" }
        #expect(try !sandbox.invoke(Event.of(values, from: 1)).isError)
        #expect(try lake.actions().count - before <= 3)
        #expect(try lake.expectReadable(rows: 401).columns["prices"]?.count == 401)
    }

    @Test func `begins its range at the oldest day`() throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        let day = 86_400_000
        for (number, days) in [0, -3, 2, -400].enumerated() {
            let reply = try sandbox.invoke(Event.of(["{\"a\":1}"], from: number, at: Event.noon + days * day))
            #expect(!reply.isError, "\(reply.text)")
            try lake.expectReadable(rows: number + 1)
        }
        // A producer whose clock is ten days ahead.
        let ahead = Int(Date().timeIntervalSince1970) * 1000 + 10 * day
        #expect(try !sandbox.invoke(Event.of(["{\"a\":1}"], from: 8, at: ahead)).isError)
        try lake.expectReadable(rows: 5)
        // No timestamp at all: the last hour of 1969.
        #expect(try !sandbox.invoke(Event.of(["{\"a\":1}"], from: 9, at: -1)).isError)
        try lake.expectReadable(rows: 6)
    }

    @Test func `shows whatever the fuzzer begins with and has kept`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seeds-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try TestParts.output(ofPython: TestParts.file("../Fuzz/seeds.py"), [folder.path])
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        let corpus = TestParts.file("../../.build/fuzz/corpus")  // of runs on this machine, if there were any
        for event in try lake.events(of: [folder, corpus]) {
            let reply = try sandbox.invoke(event)
            #expect(!reply.isError, "\(reply.text)")
        }
        #expect(try lake.expectReadable().rows > 5)
    }

    @Test func `holds a topic of any name`() throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        for topic in ["Orders.v1", "a-b", "_x", "9", "..a", String(repeating: "t", count: 249)] {
            let reply = try sandbox.invoke(Event.of(["{\"a\":1}"], topic: topic))
            #expect(!reply.isError, "\(topic): \(reply.text)")
        }
        try lake.expectReadable(rows: 6)
    }
}
