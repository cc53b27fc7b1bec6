import AWSCore
import Bytes
import HTTP
import JSON

/// Registers partitions, of which a table with projection has no need. Needs `glue:BatchCreatePartition` on the table,
/// its database and the catalog. It may be repeated: what is registered already is refused by itself.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
package struct BatchCreatePartition: TableRequest {
    /// As many as one request takes.
    package static let limit = 100

    package static let operation = AWSOperation.batchCreatePartition
    package static let target = "AWSGlue.BatchCreatePartition"

    package var database: String
    package var table: String
    package var partitions: [GluePartition]

    /// - Parameter partitions: at most `limit`.
    package init(database: String, table: String, _ partitions: [GluePartition]) {
        self.database = database
        self.table = table
        self.partitions = partitions
    }

    package func appendParameters(to body: ByteBuffer) {
        appendDatabase(to: body)
        append("TableName", table, to: body)
        body.append(",\"PartitionInputList\":")
        appendArray(partitions, to: body) { $0.appendInput(to: body) }
        body.append("}")
    }

    /// - Returns: what was not registered and is not registered already.
    package func read(_ response: HTTPResponse) throws(ResponseError) -> [GluePartitionRefusal] {
        try check(response)
        do throws(JSONError) {
            return try GluePartitionRefusal.list(response.body, valuesIn: "PartitionValues")
                .filter { $0.code != "AlreadyExistsException" }
        } catch {
            throw .unreadable("the list of errors is not valid: expected \(error.problem) at byte \(error.offset)")
        }
    }
}

extension AWSOperation {
    package static let batchCreatePartition = ofTable("BatchCreatePartition")
}
