import AWSCore
import AWSGlue
import TestParts
import Testing

@Suite struct `What is asked of Glue about tables` {
    private static let table = #"""
        {"Table":{"Name":"orders","DatabaseName":"lake","VersionId":"3","CreateTime":1.76E9,"CreatedBy":"arn:x",
        "IsRegisteredWithLakeFormation":false,"CatalogId":"1","Status":{"State":"READY"},"Retention":0,"Owner":"o",
        "Description":null,"TableType":"EXTERNAL_TABLE","Parameters":{"classification":"json","b\"":"\u00e9"},
        "PartitionKeys":[{"Name":"dt","Type":"string"}],"StorageDescriptor":{"Columns":[{"Name":"a","Type":"bigint",
        "Comment":"c"}],"Location":"s3://b/t/","SortColumns":[{"Column":"a","SortOrder":1}],"SerdeInfo":
        {"SerializationLibrary":"org.openx.data.jsonserde.JsonSerDe"}}},"Other":[1,{"x":null}]}
        """#

    private func error(_ code: String, _ message: String = "Sorry.") -> ScriptedServer.Action {
        .respond(400, body: #"{"__type":"\#(code)","Message":"\#(message)"}"#)
    }

    private func definition() throws -> GlueTable {
        let server = try ScriptedServer { _ in .respond(200, body: Self.table) }
        let answer = try Caller(server.url).result(GetTable(database: "lake", table: "orders")).get()
        let request = try server.request(1)
        #expect(request.headers["X-Amz-Target"] == "AWSGlue.GetTable")
        #expect(request.headers["Content-Type"] == "application/x-amz-json-1.1")
        #expect(request.text == #"{"DatabaseName":"lake","Name":"orders"}"#)
        return try #require(answer)
    }

    @Test func `an update replaces the version that was read, with all that it may say and nothing else`() throws {
        var table = try definition()
        #expect(table.versionID == "3" && table.parameters["b\""] == "é")
        table.storage.columns.append(GlueColumn("n\"", "string"))
        let server = try ScriptedServer { _ in .respond(200, body: "{}") }
        #expect(try Caller(server.url).result(UpdateTable(database: "lake", table)) == .success(.updated))
        let request = try server.request(1)
        #expect(request.headers["X-Amz-Target"] == "AWSGlue.UpdateTable")
        #expect(
            request.text == #"{"DatabaseName":"lake","VersionId":"3","SkipArchive":true,"TableInput":{"Name":"orders","#
                + #""PartitionKeys":[{"Name":"dt","Type":"string"}],"StorageDescriptor":{"Columns":[{"Name":"a","#
                + #""Type":"bigint","Comment":"c"},{"Name":"n\"","Type":"string"}],"Location":"s3://b/t/","#
                + #""SortColumns":[{"Column":"a","SortOrder":1}],"SerdeInfo":"#
                + #"{"SerializationLibrary":"org.openx.data.jsonserde.JsonSerDe"}},"#
                + #""Parameters":{"b\"":"é","classification":"json"},"Retention":0,"Owner":"o","#
                + #""TableType":"EXTERNAL_TABLE"}}"#)
    }

    @Test(arguments: ["ConcurrentModificationException", "EntityNotFoundException", "VersionMismatchException"])
    func `an update of another version changes nothing`(code: String) throws {
        let table = try definition()
        let server = try ScriptedServer { _ in error(code) }
        #expect(try Caller(server.url).result(UpdateTable(database: "lake", table)) == .success(.stale))
        #expect(server.requests.count == 1)
    }

    @Test func `an update is never repeated blindly`() throws {
        let table = try definition()
        for action in [ScriptedServer.Action.respond(500), .reset, error("ThrottlingException")] {
            let server = try ScriptedServer { _ in action }
            let failure = try Caller(server.url).result(UpdateTable(database: "lake", table)).failure
            #expect([.unavailable, .throttled].contains(failure?.kind))
            #expect(server.requests.count == 1, "\(action)")
        }
    }

    @Test func `a table is made once, whoever's request it was that made it`() throws {
        let table = try definition()
        let server = try ScriptedServer { request in
            request.number == 1 ? .respond(500) : error("AlreadyExistsException")
        }
        #expect(try Caller(server.url).result(CreateTable(database: "lake", table)) == .success(.alreadyExists))
        #expect(server.requests.count == 2)
        #expect(try server.request(1).text.hasPrefix(#"{"DatabaseName":"lake","TableInput":{"Name":"orders","#))
    }

    @Test func `a table that is not there is none, and one that may not be read is an error with its name`() throws {
        let missing = try ScriptedServer { _ in error("EntityNotFoundException") }
        #expect(try Caller(missing.url).result(GetTable(database: "lake", table: "t")) == .success(nil))
        let denied = try ScriptedServer { _ in
            error("AccessDeniedException", "Insufficient Lake Formation permission(s)")
        }
        let caller = try Caller(denied.url, adviser: PointingAdviser())
        let failure = caller.result(GetTable(database: "lake", table: "t")).failure
        #expect(failure?.resource == "table lake.t" && failure?.namesLakeFormation == true)
        #expect(failure?.advice == "Look at arn:aws:glue:us-east-1:ACCOUNT:table/lake/t")
        let other = try ScriptedServer { _ in .respond(200, body: #"{"Table":[]}"#) }
        #expect(
            try Caller(other.url).result(GetTable(database: "lake", table: "t")).failure?.code == "UnreadableAnswer")
    }

    @Test func `partitions are registered as the table has them, and those that exist are no failure`() throws {
        let partition = GluePartition(values: ["2026-11-25", "06"], storage: try definition().storage)
        let answer = #"""
            {"Errors":[
            {"PartitionValues":["a"],"ErrorDetail":{"ErrorCode":"AlreadyExistsException","ErrorMessage":"x"}},
            {"PartitionValues":["b","c"],"ErrorDetail":{"ErrorCode":"InternalServiceException","ErrorMessage":"y"}}]}
            """#
        let server = try ScriptedServer { request in .respond(200, body: request.number == 1 ? answer : "") }
        let caller = try Caller(server.url)
        let request = BatchCreatePartition(database: "lake", table: "orders", [partition])
        #expect(caller.result(request).value?.map(\.description) == ["partition b/c: InternalServiceException: y"])
        #expect(caller.result(request) == .success([]))
        #expect(
            try server.request(1).text.hasPrefix(
                #"{"DatabaseName":"lake","TableName":"orders","PartitionInputList":[{"Values":["2026-11-25","06"],"#
                    + #""StorageDescriptor":{"Columns":[{"Name":"a""#))
    }

    @Test func `partitions are read page by page and replaced with what a partition may say`() throws {
        let page = #"""
            {"Partitions":[{"Values":["x"],"DatabaseName":"lake","TableName":"orders","CreationTime":1.7E9,
            "Parameters":{"k":"v"},"CatalogId":"1","StorageDescriptor":{"Columns":[],"Location":"s3://b/t/x/"}}],
            "NextToken":"more\"="}
            """#
        let server = try ScriptedServer { request in .respond(200, body: request.number == 1 ? page : "{}") }
        let caller = try Caller(server.url)
        let found = try caller.result(GetPartitions(database: "lake", table: "orders")).get()
        #expect(found.nextToken == "more\"=")
        let last = try caller.result(GetPartitions(database: "lake", table: "orders", nextToken: found.nextToken)).get()
        #expect(last.partitions.isEmpty && last.nextToken == nil)
        #expect(
            try server.request(2).text
                == #"{"DatabaseName":"lake","TableName":"orders","MaxResults":100,"NextToken":"more\"="}"#)
        let update = BatchUpdatePartition(database: "lake", table: "orders", found.partitions)
        #expect(caller.result(update) == .success([]))
        #expect(
            try server.request(3).text
                == #"{"DatabaseName":"lake","TableName":"orders","Entries":[{"PartitionValueList":["x"],"#
                + #""PartitionInput":{"Values":["x"],"StorageDescriptor":{"Columns":[],"#
                + #""Location":"s3://b/t/x/"},"Parameters":{"k":"v"}}}]}"#
        )
    }
}
