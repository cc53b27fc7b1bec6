import AWSGlue
import Logging
import TableSchema
import TestParts
import Testing

@testable import Ingestion

@Suite("A table that the function keeps")
struct GlueCatalogTests {
    private let glue = ModelGlue()

    private func sandbox(_ settings: [String: String] = [:], today: Day = ModelCatalog.today) throws -> ModelCatalog {
        try ModelCatalog(ModelTables(glue), settings, today: today)
    }

    private func done(_ outcome: CatalogOutcome, _ requests: String...) -> ModelCatalog.Delivery {
        ModelCatalog.Delivery(outcome: outcome, requests: requests)
    }

    private func hive(_ name: String = "orders") -> [String] {
        (glue.tables[name]?.storage.columns ?? []).map { "\($0.name) \($0.type)" }
    }

    @Test func `is made with the first row, with projected folders from the oldest day on`() throws {
        let sandbox = try sandbox(["RECORD_METADATA": "kafka"])
        let hours = [20_782 * 24 + 6, 20_780 * 24]
        let result = sandbox.deliver(sandbox.batch(columns("price:d,tags:[s],nothing:n,empty:[n]"), hours: hours))
        #expect(result == done(.created, "GetTable", "CreateTable"))
        let table = try #require(glue.tables["orders"])
        #expect(table.type == "EXTERNAL_TABLE" && table.storage.location == "s3://bucket/topics/orders/")
        #expect(
            hive() == [
                "price double", "tags array<string>", "kafka_topic string", "kafka_partition bigint",
                "kafka_offset bigint", "kafka_timestamp bigint", "kafka_key string", "kafka_key_base64 string",
            ])
        #expect(table.partitionKeys.map(\.name) == ["dt", "hour"])
        let wanted = [
            "classification": "json", "EXTERNAL": "TRUE", "projection.enabled": "true", "projection.dt.type": "date",
            "projection.dt.format": "yyyy-MM-dd", "projection.dt.range": "2026-11-23,NOW+1DAYS",
            "projection.hour.type": "integer", "projection.hour.range": "0,23", "projection.hour.digits": "2",
        ]
        for (name, value) in wanted { #expect(table.parameters[name] == value, "\(name)") }
    }

    @Test func `has no partitions without folders by time, and the day alone with folders by day`() throws {
        let none = try sandbox(["TIME_PARTITION": "none"])
        none.deliver(none.batch(columns("a:i")))
        #expect(glue.tables["orders"]?.partitionKeys == [])
        #expect(glue.tables["orders"]?.parameters["projection.enabled"] == nil)
        let daily = try sandbox(["TIME_PARTITION": "day", "PARTITION_COLUMNS": "day"])
        daily.deliver(daily.batch(columns("a:i"), topic: "daily"))
        #expect(glue.tables["daily"]?.partitionKeys.map(\.name) == ["day"])
        #expect(glue.tables["daily"]?.parameters["projection.day.range"] == "2026-11-25,NOW+1DAYS")
    }

    @Test func `costs nothing where the sandbox knows the rows' columns, and two or three requests where not`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        #expect(a.deliver(a.batch(columns("a:i"))).requests == ["GetTable", "CreateTable"])
        #expect(a.deliver(a.batch(columns("a:i,b:n"))) == done(.known))
        #expect(b.deliver(b.batch(columns("a:i"))) == done(.known, "GetTable"))
        #expect(b.deliver(b.batch(columns("b:s"))) == done(.widened, "GetTable", "UpdateTable"))
        #expect(a.deliver(a.batch(columns("a:d"))) == done(.widened, "GetTable", "UpdateTable"))
        #expect(hive() == ["a double", "b string"])
        #expect(a.deliver(a.batch(columns("b:s"))).requests == [])
    }

    @Test func `remembers what a type of Hive's cannot say, for other sandboxes`() throws {
        let (a, b) = (try sandbox(), try sandbox())
        a.deliver(a.batch(columns("id:w,list:[n],object:{}")))
        #expect(hive() == ["id bigint"])
        b.deliver(b.batch(columns("id:d,list:s,object:i")))
        #expect(hive() == ["id string", "list string", "object string"])
    }

    @Test func `begins at an older day when an older record comes, and looks ahead of a producer's clock`() throws {
        let sandbox = try sandbox()
        let range = { [glue] in glue.tables["orders"]?.parameters["projection.dt.range"] }
        sandbox.deliver(sandbox.batch(columns("a:i")))
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"), hours: [20_700 * 24])).outcome == .widened)
        #expect(range() == "2026-09-04,NOW+1DAYS")
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"), hours: [20_785 * 24])).outcome == .widened)
        #expect(range() == "2026-09-04,NOW+3DAYS")
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"), hours: [20_701 * 24, 20_784 * 24])).requests == [])
        // Microseconds taken for milliseconds: millions of folders would be listed by each query.
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"), hours: [90_000 * 24])).requests == [])
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"), hours: [-1])).outcome == .widened)
        #expect(range() == "1969-12-31,NOW+3DAYS")
    }

    @Test func `begins at the oldest folder that is there, whoever wrote it before the table was made`() throws {
        let keys = ["topics/orders/dt=0001-01-01/hour=00/x", "topics/orders/dt=2025-12-31/hour=07/.crawled"]
        let sandbox = try ModelCatalog(ModelTables(glue), keys: keys)
        sandbox.deliver(sandbox.batch(columns("a:i")), sandbox.batch(columns("a:i"), topic: "trades"))
        #expect(glue.tables["orders"]?.parameters["projection.dt.range"] == "2025-12-31,NOW+1DAYS")
        #expect(glue.tables["trades"]?.parameters["projection.dt.range"] == "2026-11-25,NOW+1DAYS")
        // A crawler's table has its folders registered, which Athena does not look at any more.
        glue.change("orders") { table in
            for name in table.parameters.keys where name.hasPrefix("projection.") { table.parameters[name] = nil }
        }
        let fresh = try ModelCatalog(ModelTables(glue), keys: keys)
        #expect(fresh.deliver(fresh.batch(columns("a:i"))).outcome == .widened)
        #expect(glue.tables["orders"]?.parameters["projection.dt.range"] == "2025-12-31,NOW+1DAYS")
    }

    @Test func `keeps what people set`() throws {
        let sandbox = try sandbox()
        sandbox.deliver(sandbox.batch(columns("a:i,b:i,t:s")))
        glue.change("orders") { table in
            table.storage.columns[0].type = "double"
            table.storage.columns[2].type = "timestamp"
            table.storage.columns.append(GlueColumn("mine", "decimal(10,2)"))
            table.parameters["owner"] = "lake team"
            table.parameters["projection.dt.range"] = "NOW-3YEARS,NOW"
            table.storage.columns.remove(at: 1)
        }
        let fresh = try self.sandbox()
        #expect(fresh.deliver(fresh.batch(columns("a:i,t:s,mine:s"))).requests == ["GetTable"])
        #expect(fresh.deliver(fresh.batch(columns("a:i,b:s,t:d,mine:i"), hours: [0])).outcome == .widened)
        #expect(hive() == ["a double", "t timestamp", "mine decimal(10,2)", "b string"])
        #expect(glue.tables["orders"]?.parameters["owner"] == "lake team")
        #expect(glue.tables["orders"]?.parameters["projection.dt.range"] == "NOW-3YEARS,NOW")
    }

    @Test func `widens a column that comes after 500 new ones in the batch`() throws {
        let sandbox = try sandbox(["RECORD_METADATA": "kafka"])
        let names = { (letter: String, count: Int) in (0..<count).map { "\(letter)\($0):i" }.joined(separator: ",") }
        sandbox.deliver(sandbox.batch(columns(names("c", 490))))
        #expect(sandbox.deliver(sandbox.batch(columns(names("d", 600) + ",c0:s"))).outcome == .widened)
        #expect(glue.tables["orders"]?.storage.columns.first == GlueColumn("c0", "string"))
        #expect(glue.tables["orders"]?.storage.columns.count == 500)
    }

    @Test func `becomes text where a batch has more names than can be told apart`() throws {
        let sandbox = try sandbox()
        sandbox.deliver(sandbox.batch(columns("a:i,b:i")))
        var batch = sandbox.batch(columns("a:i"))
        batch.isCut = true
        #expect(sandbox.deliver(batch).outcome == .widened)
        #expect(hive() == ["a bigint", "b string"])
    }

    @Test func `comments and members that nobody here knows survive an update`() throws {
        let table = try #require(
            modelTable(
                """
                {"Name":"orders","DatabaseName":"lake","CreateTime":1.7E9,"UpdateTime":1.7E9,"CreatedBy":"me",
                "IsRegisteredWithLakeFormation":false,"CatalogId":"1","Owner":"hadoop","Retention":0,"VersionId":"4",
                "Description":"Orders \\"x\\"",
                "TableType":"EXTERNAL_TABLE","Parameters":{"classification":"json","projection.enabled":"false"},
                "PartitionKeys":[{"Name":"dt","Type":"string","Comment":"day"},{"Name":"hour","Type":"string"}],
                "StorageDescriptor":{"Columns":[{"Name":"a","Type":"bigint","Comment":"the \\u00e9 one",
                "Parameters":{"x":"y"}}],"Location":"s3://bucket/topics/orders","Compressed":true,
                "NumberOfBuckets":-1,"SortColumns":[],
                "InputFormat":"org.apache.hadoop.mapred.TextInputFormat","SkewedInfo":{"SkewedColumnNames":["a"]},
                "SerdeInfo":{"SerializationLibrary":"org.openx.data.jsonserde.JsonSerDe","Parameters":{"p":"q"}}}}
                """))
        glue.put(table, version: 4)
        let sandbox = try sandbox()
        #expect(sandbox.deliver(sandbox.batch(columns("a:i,b:s"))).outcome == .widened)
        var expected = table
        expected.storage.columns.append(GlueColumn("b", "string"))
        expected.parameters[TableColumns.parameter] = "a:i,b:s"
        #expect(glue.tables["orders"] == expected.with(versionID: "5"))
    }

    @Test func `is a crawler's, if that is what there is, with room for larger numbers`() throws {
        glue.put(
            GlueTable(
                name: "orders", parameters: ["classification": "json", "UPDATED_BY_CRAWLER": "crawler"],
                partitionKeys: [GlueColumn("dt", "string"), GlueColumn("hour", "string")],
                storage: GlueStorage(
                    columns: [GlueColumn("a", "int"), GlueColumn("s", "struct<x:int,y:float>")],
                    location: "s3://bucket/topics/orders/",
                    serializationLibrary: "org.openx.data.jsonserde.JsonSerDe", serdeParameters: ["paths": "a,s"])))
        let sandbox = try sandbox()
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"))).outcome == .widened)
        #expect(hive() == ["a bigint", "s struct<x:bigint,y:double>"])
        #expect(
            glue.tables["orders"]?.storage.serdeParameters
                == ["paths": "a,s", "serialization.format": "1", "dots.in.keys": "TRUE"])
        #expect(glue.tables["orders"]?.parameters["projection.dt.range"] == "2026-11-25,NOW+1DAYS")
    }

    @Test(
        "is not another one of that name",
        arguments: [
            (#""Location":"s3://bucket/topics/Orders/""#, "is in s3://bucket/topics/Orders/"),
            (#""TableType":"VIRTUAL_VIEW""#, "is a view"),
            (#""serde":"x.LazySimpleSerDe""#, "is read by x.LazySimpleSerDe"),
            (#""table_type":"ICEBERG""#, "is of format ICEBERG"),
            (#""TargetTable":{"DatabaseName":"other","Name":"t"}"#, "is a link to other.t"),
            (#""Keys":"day""#, "is partitioned by day"),
        ])
    func others(what: String, sentence: String) throws {
        func value(_ name: String) -> String? {
            let parts = what.split(separator: ":", maxSplits: 1)
            return parts[0] == "\"\(name)\"" ? String(parts[1].dropFirst().dropLast()) : nil
        }
        let serde = value("serde") ?? "org.openx.data.jsonserde.JsonSerDe"
        let keys = value("Keys") == nil ? #"{"Name":"dt"},{"Name":"hour"}"# : #"{"Name":"day"}"#
        let target = what.hasPrefix("\"Target") ? what + "," : ""
        let table = try #require(
            modelTable(
                """
                {"Name":"orders",\(target)"TableType":"\(value("TableType") ?? "EXTERNAL_TABLE")",
                "PartitionKeys":[\(keys)],
                "Parameters":{"table_type":\(value("table_type").map { "\"\($0)\"" } ?? "null")},"StorageDescriptor":{
                "Columns":[],"Location":"\(value("Location") ?? "s3://bucket/topics/orders/")",
                "SerdeInfo":{"SerializationLibrary":"\(serde)"}}}
                """))
        glue.put(table)
        let sandbox = try sandbox()
        let found = sandbox.deliver(sandbox.batch(columns("a:i")))
        let text = try #require(found.failure?.description)
        #expect(
            text.hasPrefix("table lake.orders could not be given") && text.contains(": it \(sentence)")
                && text.contains("s3://bucket/topics/orders/"), "\(text)")
        #expect(found.outcome == .notReady && found.requests == ["GetTable"])
        #expect(glue.tables["orders"] == table.with(versionID: "0"))
    }

    @Test func `is one for each topic, whichever of two that share its name was first`() throws {
        let sandbox = try sandbox()
        let dotted = sandbox.batch(columns("a:i"), topic: "A.b")
        let other = sandbox.batch(columns("a:i"), topic: "a-b")
        #expect(sandbox.deliver(dotted).failure == nil)
        #expect(sandbox.deliver(other, dotted).failure?.description.contains("is in s3://bucket/topics/A.b/") == true)
        #expect(sandbox.deliver(dotted, other).failure == nil)
    }

    @Test func `that was deleted is made again with all that the sandbox has seen`() throws {
        let sandbox = try sandbox()
        sandbox.deliver(sandbox.batch(columns("a:i,list:[n]")))
        glue.delete("orders")
        #expect(sandbox.deliver(sandbox.batch(columns("b:s"))).outcome == .created)
        #expect(hive() == ["b string", "a bigint"])
    }

    @Test func `is left alone by batches that it suffices for while Glue is away`() throws {
        let sandbox = try sandbox()
        sandbox.deliver(sandbox.batch(columns("a:i")))
        sandbox.tables.isAway = true
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"))).failure == nil)
        let found = sandbox.deliver(sandbox.batch(columns("b:i")))
        #expect(
            found.failure?.description
                == "table lake.orders could not be given the columns that these rows need: Glue is away")
        #expect(found.outcome == .notReady)
        // One topic's table is not another's.
        let both = sandbox.deliver(sandbox.batch(columns("a:i")), sandbox.batch(columns("x:i"), topic: "other"))
        #expect(both.failure == nil && both.outcome == .notReady)
        sandbox.tables.isAway = false
        #expect(sandbox.deliver(sandbox.batch(columns("b:i"))).failure == nil)
        #expect(hive() == ["a bigint", "b bigint"])
    }

    // MARK: Registered partitions

    @Test func `has each folder registered once, where that is wanted`() throws {
        let sandbox = try sandbox(["GLUE_PARTITIONS": "true"])
        let hours = [20_782 * 24 + 6, 20_782 * 24 + 7]
        #expect(
            sandbox.deliver(sandbox.batch(columns("a:i"), hours: hours)).requests
                == ["GetTable", "CreateTable", "BatchCreatePartition", "GetTable"])
        #expect(sandbox.deliver(sandbox.batch(columns("a:i"), hours: hours)).requests == [])
        // Somebody else widens the table meanwhile: what is registered from now on has the new type.
        let other = try self.sandbox(["GLUE_PARTITIONS": "true"])
        other.deliver(other.batch(columns("a:d"), hours: hours))
        #expect(
            sandbox.deliver(sandbox.batch(columns("a:i"), hours: [20_783 * 24])).requests
                == ["GetTable", "BatchCreatePartition", "GetTable"])
        let partitions = try #require(glue.partitions["orders"])
        #expect(partitions.keys.sorted() == ["2026-11-25/06", "2026-11-25/07", "2026-11-26/00"])
        #expect(partitions["2026-11-25/06"]?.storage.location == "s3://bucket/topics/orders/dt=2026-11-25/hour=06/")
        #expect(partitions.values.allSatisfy { $0.storage.columns == [GlueColumn("a", "double")] })
    }

    @Test func `repairs folders that were registered while somebody else widened the table`() throws {
        let settings = ["GLUE_PARTITIONS": "true"]
        let (sandbox, other) = (try sandbox(settings), try self.sandbox(settings))
        sandbox.deliver(sandbox.batch(columns("a:i")))
        sandbox.prepare([sandbox.batch(columns("a:i"), hours: [20_782 * 24 + 8])])
        sandbox.tables.carryOutOne()
        #expect(other.deliver(other.batch(columns("a:d"))).requests.contains("BatchUpdatePartition"))
        while !sandbox.tables.isIdle { sandbox.tables.carryOutOne() }
        #expect(glue.partitions["orders"]?.count == 2)
        for partition in (glue.partitions["orders"] ?? [:]).values {
            #expect(partition.storage.columns == [GlueColumn("a", "double")])
        }
    }

    @Test func `carries a changed type into the partitions, whoever dies on the way`() throws {
        let settings = ["GLUE_PARTITIONS": "true"]
        let sandbox = try sandbox(settings)
        let hours = (0..<8).map { 20_782 * 24 + $0 }
        sandbox.deliver(sandbox.batch(columns("a:i"), hours: hours))
        // Somebody widens the table and dies before the partitions have followed.
        let other = try self.sandbox()
        other.deliver(other.batch(columns("a:d,b:s")))
        #expect(glue.tables["orders"]?.parameters[TableLayout.partitionsParameter] == "behind")
        let fresh = try self.sandbox(settings)
        let requests = fresh.deliver(fresh.batch(columns("a:i"), hours: [hours[0]])).requests
        #expect(requests.count { $0 == "GetPartitions" } == 3)
        #expect(requests.count { $0 == "BatchUpdatePartition" } == 3)
        for partition in (glue.partitions["orders"] ?? [:]).values {
            #expect(partition.storage.columns.map(\.type) == ["double", "string"])
        }
        #expect(glue.tables["orders"]?.parameters[TableLayout.partitionsParameter] == "current")
        #expect(fresh.deliver(fresh.batch(columns("c:s"), hours: [hours[0]])).requests == ["GetTable", "UpdateTable"])
    }

    // MARK: What is logged

    @Test func `says of each column which record brought it, once`() throws {
        let lines = LogLines()
        let sandbox = try sandbox()
        let logger = Logger(label: "catalog") { _ in lines.handler }
        sandbox.deliver(sandbox.batch(columns("a:i")), logger: logger)
        sandbox.deliver(sandbox.batch(columns("a:d,b:s")), logger: logger)
        sandbox.deliver(sandbox.batch(columns("a:d,b:s")), logger: logger)
        #expect(
            lines.all == [
                "created table lake.orders for s3://bucket/topics/orders/",
                "new column column=a record=orders-0@7 table=lake.orders type=bigint",
                "widened column column=a record=orders-0@7 table=lake.orders type=double was=bigint",
                "new column column=b record=orders-0@7 table=lake.orders type=string",
            ])
    }
}

/// What was logged: each message with its metadata.
final class LogLines: Sendable {
    private let lines = Locked<[String]>([])

    var all: [String] { lines.value }

    var handler: any LogHandler { Handler(lines: lines) }

    private struct Handler: LogHandler {
        let lines: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            lines.change { $0.append("\(event.message)\(pairs.joined())") }
        }
    }
}
