import AWSCore
import Bytes
import HTTP
import JSON

/// Reads a table's definition. Needs `glue:GetTable` on the table, its database and the catalog.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_GetTable.html
package struct GetTable: TableRequest {
    package static let operation = AWSOperation.getTable
    package static let target = "AWSGlue.GetTable"

    package var database: String
    package var table: String

    package init(database: String, table: String) {
        self.database = database
        self.table = table
    }

    package func appendParameters(to body: ByteBuffer) {
        appendDatabase(to: body)
        append("Name", table, to: body)
        body.append("}")
    }

    /// - Returns: `nil` where there is no such table, or no such database, which Glue does not tell apart.
    package func read(_ response: HTTPResponse) throws(ResponseError) -> GlueTable? {
        if response.isError("EntityNotFoundException") { return nil }
        try check(response)
        return try reading(response) { (cursor) throws(JSONError) in
            var isFirst = true
            try cursor.enterObject()
            while let name = try cursor.nextName(&isFirst) {
                if name.isWritten("Table") { return try GlueTable(&cursor) }
                try cursor.skipValue()
            }
            throw cursor.failure("a table")
        }
    }
}

extension AWSOperation {
    package static let getTable = ofTable("GetTable")
}
