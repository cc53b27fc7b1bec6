import Foundation
import TestParts
import Testing

/// Each way in which Glue fails, at each of its operations; then a shaky Glue all the time.
@Suite(.serialized) struct `A fault of Glue` {
    @Test(
        arguments: ["conflict", "before", "after", "lost", "throttled", "silent"],
        ["GetTable", "CreateTable", "UpdateTable"])
    func `that passes loses neither a row nor a column`(_ fault: String, _ action: String) throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        defer { try? lake.strike([]) }
        if action == "UpdateTable" { #expect(try !sandbox.invoke(Event.of(["{\"a\":1}"])).isError) }
        try lake.strike([["fault": fault, "action": action]])
        let event = try Event.of(["{\"b\":1.5}", "{\"c\":[true]}"], from: 1)
        let reply = try sandbox.invoke(event, remaining: 15_000)
        // A Glue that is silent may take the whole of an invocation; the batch comes again.
        if reply.isError {
            #expect(fault == "silent", "\(reply.text)")
            #expect(try !sandbox.invoke(event).isError)
        }
        let columns = try lake.expectReadable(rows: action == "UpdateTable" ? 3 : 2).columns["prices"]
        #expect(columns?["b"] == "double" && columns?["c"] == "array<boolean>")
        if fault == "conflict", action == "CreateTable" { #expect(columns?["theirs"] == "string") }
    }

    @Test(arguments: ["before", "throttled", "denied"])
    func `that lasts stops only what needs a new column`(_ fault: String) throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake, ["AWS_MAX_ATTEMPTS": "2"])
        defer { try? lake.strike([]) }
        #expect(try !sandbox.invoke(Event.of(["{\"a\":1}"])).isError)
        try lake.strike([["fault": fault, "times": 1_000_000]])
        #expect(try !sandbox.invoke(Event.of(["{\"a\":2}"], from: 1)).isError)
        let reply = try sandbox.invoke(Event.of(["{\"a\":3,\"new\":1}"], from: 2))
        #expect(reply.isError && reply.errorMessage.contains("prices"), "\(reply.text)")
        if fault == "denied" { #expect(reply.errorMessage.contains("glue:"), "\(reply.text)") }
        try lake.expectReadable(rows: 2)
        try lake.strike([])
        #expect(try !sandbox.invoke(Event.of(["{\"a\":3,\"new\":1}"], from: 2)).isError)
        #expect(try lake.expectReadable(rows: 3).columns["prices"] == ["a": "bigint", "new": "bigint"])
    }
}
