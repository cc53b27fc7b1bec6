import AWSCore
import Bytes

/// Replaces the definitions of registered partitions. Needs `glue:BatchUpdatePartition` on the table, its database and
/// the catalog. Partitions have no versions: the last writer wins, and repeating it does no harm.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_BatchUpdatePartition.html
package struct BatchUpdatePartition: PartitionsRequest {
    package static let operation = AWSOperation.batchUpdatePartition
    package static let target = "AWSGlue.BatchUpdatePartition"
    package static let list: StaticString = "Entries"
    package static let refusedValues = "PartitionValueList"
    /// Somebody has deleted it meanwhile.
    package static let harmless = "EntityNotFoundException"

    package var database: String
    package var table: String
    package var partitions: [GluePartition]

    /// - Parameter partitions: at most `limit`.
    package init(database: String, table: String, _ partitions: [GluePartition]) {
        self.database = database
        self.table = table
        self.partitions = partitions
    }

    package func append(_ partition: GluePartition, to body: ByteBuffer) {
        body.append("{\"PartitionValueList\":")
        appendStrings(partition.values, to: body)
        body.append(",\"PartitionInput\":")
        partition.appendInput(to: body)
        body.append("}")
    }
}

extension AWSOperation {
    package static let batchUpdatePartition = ofTable("BatchUpdatePartition")
}
