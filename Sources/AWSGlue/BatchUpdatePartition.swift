import AWSCore
import Bytes
import HTTP
import JSON

/// Replaces the definitions of registered partitions. Needs `glue:BatchUpdatePartition` on the table, its database and
/// the catalog. Partitions have no versions: the last writer wins, and repeating it does no harm.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_BatchUpdatePartition.html
package struct BatchUpdatePartition: TableRequest {
    /// As many as one request takes.
    package static let limit = 100

    package static let operation = AWSOperation.batchUpdatePartition
    package static let target = "AWSGlue.BatchUpdatePartition"

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
        body.append(",\"Entries\":")
        appendArray(partitions, to: body) { partition in
            body.append("{\"PartitionValueList\":")
            appendStrings(partition.values, to: body)
            body.append(",\"PartitionInput\":")
            partition.appendInput(to: body)
            body.append("}")
        }
        body.append("}")
    }

    /// - Returns: what was not replaced, apart from partitions that somebody has deleted meanwhile.
    package func read(_ response: HTTPResponse) throws(ResponseError) -> [GluePartitionRefusal] {
        try check(response)
        do throws(JSONError) {
            return try GluePartitionRefusal.list(response.body, valuesIn: "PartitionValueList")
                .filter { $0.code != "EntityNotFoundException" }
        } catch {
            throw .unreadable("the list of errors is not valid: expected \(error.problem) at byte \(error.offset)")
        }
    }
}

extension AWSOperation {
    package static let batchUpdatePartition = ofTable("BatchUpdatePartition")
}
