import Foundation
import TestParts
import Testing

/// What people do to a table beside the function.
@Suite(.serialized) struct `People's changes to a table` {
    private func started(_ values: [String] = ["{\"a\":1,\"b\":\"x\"}"]) throws -> (Lake, Sandbox) {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        #expect(try !sandbox.invoke(Event.of(values)).isError)
        return (lake, sandbox)
    }

    @Test func `are kept when it widens the table`() throws {
        let (lake, sandbox) = try started()
        try lake.edit(
            "prices",
            [
                "parameters": ["owner": "team", "projection.dt.range": "2020-01-01,NOW+1DAYS"],
                "columns": ["a": ["Type": "double", "Comment": "closing price"], "b": ["Comment": "name"]],
                "storage": ["SortColumns": [["Column": "a", "SortOrder": 1]], "NumberOfBuckets": 3],
                "definition": ["Description": "Prices", "Owner": "me", "Retention": 7],
            ])
        let reply = try sandbox.invoke(Event.of(["{\"a\":2,\"c\":true}"], from: 1))
        #expect(!reply.isError, "\(reply.text)")
        let table = try lake.definition("prices")
        #expect(table["Description"] as? String == "Prices" && table["Owner"] as? String == "me")
        #expect(table["Retention"] as? Int == 7)
        let parameters = try #require(table["Parameters"] as? [String: String])
        #expect(parameters["owner"] == "team")
        #expect(parameters["projection.dt.range"] == "2020-01-01,NOW+1DAYS")
        let storage = try #require(table["StorageDescriptor"] as? [String: Any])
        #expect(storage["NumberOfBuckets"] as? Int == 3 && (storage["SortColumns"] as? [Any])?.count == 1)
        let columns = try #require(storage["Columns"] as? [[String: String]])
        #expect(columns.map { $0["Name"] } == ["a", "b", "c"])
        #expect(columns.map { $0["Type"] } == ["double", "string", "boolean"])
        #expect(columns.compactMap { $0["Comment"] } == ["closing price", "name"])
        try lake.expectReadable(rows: 2)
    }

    @Test func `to a type are not narrowed, whatever comes`() throws {
        let (lake, sandbox) = try started(["{\"a\":1,\"b\":\"2026-11-21\"}"])
        try lake.edit("prices", ["columns": ["a": ["Type": "decimal(10,2)"], "b": ["Type": "date"]]])
        #expect(try !sandbox.invoke(Event.of(["{\"a\":2.5,\"c\":1}"], from: 1)).isError)
        let columns = try lake.expectReadable(rows: 2).columns["prices"]
        #expect(columns == ["a": "decimal(10,2)", "b": "date", "c": "bigint"])
    }

    @Test func `that make it another table are told of, and nothing is written`() throws {
        for changes in [
            ["storage": ["Location": "s3://elsewhere/topics/prices/"]],
            ["definition": ["TableType": "VIRTUAL_VIEW"]], ["parameters": ["table_type": "ICEBERG"]],
        ] as [[String: [String: String]]] {
            let (lake, _) = try started()
            try lake.edit("prices", changes)
            let sandbox = try Sandbox(lake)
            let reply = try sandbox.invoke(Event.of(["{\"a\":1,\"new\":1}"], from: 1))
            #expect(reply.isError && reply.errorMessage.contains("prices"), "\(changes): \(reply.text)")
            try lake.edit(
                "prices",
                [
                    "storage": ["Location": "s3://\(lake.name)/topics/prices/"],
                    "definition": ["TableType": "EXTERNAL_TABLE"], "parameters": ["table_type": ""],
                ])
            #expect(try lake.findings().rows == 1)
        }
    }
}
