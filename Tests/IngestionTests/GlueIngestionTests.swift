import AWSGlue
import Base64
import Bytes
import Logging
import Testing

@testable import Ingestion

/// Batches on their way into a bucket whose tables the function keeps.
@Suite("A batch whose tables the function keeps")
struct GlueIngestionTests {
    private let bucket = ModelBucket()
    private let glue = ModelGlue()
    private let clock = History.ModelClock()

    private final class Function {
        let store: ModelStore
        let tables: ModelTables
        private let ingestion: Ingestion

        init(_ bucket: ModelBucket, _ glue: ModelGlue, _ settings: [String: String], _ clock: History.ModelClock) throws
        {
            store = ModelStore(bucket, SeededRandom(seed: 1))
            let tables = ModelTables(glue)
            self.tables = tables
            let environment = ["CATALOG": "glue", "GLUE_DATABASE": "lake"].merging(settings) { $1 }
            let configuration = try modelConfiguration(environment)
            let oldestDay = OldestDay { prefix, start, completion in
                completion(.success(bucket.keys(with: prefix, after: start, limit: 1).keys.first))
            }
            let catalog: any TableCatalog =
                configuration.glue.map {
                    GlueCatalog($0, configuration, tables, oldestDay) { 20_782 * 86_400_000 }
                } ?? NoCatalog()
            ingestion = try Ingestion(configuration, store, catalog) { clock.now }
        }

        /// - Parameter values: of each topic.
        func deliver(_ values: [(topic: String, values: [String])], from offset: Int64 = 0) throws -> BatchOutcome {
            store.forgetRequests()
            tables.forgetRequests()
            return try ingestion.ingest(
                event(values, offset), Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        private func event(_ values: [(topic: String, values: [String])], _ offset: Int64) -> ByteBuffer {
            let lists = values.map { topic, values in
                let records = values.enumerated().map { index, value in
                    let (plain, encoded) = (ByteBuffer(), ByteBuffer())
                    plain.append(value)
                    Base64.encode(plain.bytes, appendingTo: encoded)
                    return #"{"topic":"\#(topic)","partition":0,"offset":\#(offset + Int64(index)),"#
                        + #""timestamp":\#(20_782 * 86_400_000 + index),"value":"\#(encoded.text)"}"#
                }
                return "\"\(topic)-0\":[\(records.joined(separator: ","))]"
            }
            let event = ByteBuffer()
            event.append("{\"eventSource\":\"aws:kafka\",\"records\":{\(lists.joined(separator: ","))}}")
            return event
        }
    }

    private func function(_ settings: [String: String] = [:]) throws -> Function {
        try Function(bucket, glue, settings, clock)
    }

    private func objects(_ topic: String) -> Int { bucket.sortedKeys.count { $0.hasPrefix("topics/\(topic)/") } }

    private func hive(_ table: String) -> [String] {
        (glue.tables[table]?.storage.columns ?? []).map { "\($0.name) \($0.type)" }
    }

    @Test("has a table for each topic with the columns of its rows")
    func tables() throws {
        let function = try function()
        let rows = [#"{"Price":1,"at":{"X":true}}"#, #"{"price":1.5,"more":[]}"#, "no JSON"]
        let outcome = try function.deliver([("orders", rows), ("A.b", [#"{"n":null}"#, #"{"s":"x"}"#])])
        #expect(outcome.unwritten.isEmpty && outcome.catalog == .created && outcome.rejectedCount == 1)
        #expect(hive("orders") == ["price double", "at struct<x:boolean>"])
        #expect(hive("a_b") == ["s string"])
        #expect(function.tables.requests == ["GetTable", "CreateTable", "GetTable", "CreateTable"])
        let next = try function.deliver([("orders", [#"{"price":2}"#])], from: 10)
        #expect(next.catalog == .known && function.tables.requests.isEmpty)
    }

    @Test("has none for a topic without rows")
    func noRows() throws {
        let function = try function()
        let outcome = try function.deliver([("orders", ["no JSON"])])
        #expect(outcome.unwritten.isEmpty && glue.tables.isEmpty && function.tables.requests.isEmpty)
    }

    @Test("is stored while Glue is away, but for the topics that need a new column; those are delivered again")
    func away() throws {
        let function = try function()
        _ = try function.deliver([("orders", [#"{"a":1}"#]), ("trades", [#"{"a":1}"#])])
        function.tables.isAway = true
        let batch = [("orders", [#"{"a":2}"#, "no JSON"]), ("trades", [#"{"a":2}"#, #"{"b":2}"#])]
        let outcome = try function.deliver(batch, from: 10)
        #expect(outcome.unwritten.map(\.partition.description) == ["trades-0"])
        #expect(outcome.unwritten.first?.firstOffset == 10 && outcome.catalog == .notReady)
        #expect(
            outcome.causes == [
                "records from trades-0@10 onward were not stored: table lake.trades could not be given the "
                    + "columns that these rows need: Glue is away"
            ])
        #expect(objects("orders") == 2 && objects("trades") == 1)
        function.tables.isAway = false
        let again = try function.deliver(batch, from: 10)
        #expect(again.unwritten.isEmpty && again.alreadyStoredCount == 2 && again.catalog == .widened)
        #expect(objects("orders") == 2 && objects("trades") == 2 && hive("trades") == ["a bigint", "b bigint"])
        #expect(bucket.copies.values.allSatisfy { $0 == 1 })
    }

    @Test("answers with what its tables needed")
    func answer() throws {
        let function = try function()
        let response = ByteBuffer()
        try function.deliver([("orders", [#"{"a":1}"#])]).appendSummaryIfStored(to: response)
        #expect(response.text.hasSuffix(#""tombstones":0,"catalog":"created"}"#))
    }

    @Test("has the columns of the records' places, and of other formats")
    func formats() throws {
        _ = try function(["VALUE_FORMAT": "text"]).deliver([("texts", ["x"])])
        #expect(hive("texts") == ["value string"])
        _ = try function(["VALUE_FORMAT": "bytes", "RECORD_METADATA": "kafka-headers"]).deliver([("bytes", ["x"])])
        #expect(hive("bytes").first == "value_base64 string")
        #expect(
            hive("bytes").contains("kafka_headers array<struct<key:string,value:string,value_base64:string>>"))
    }
}
