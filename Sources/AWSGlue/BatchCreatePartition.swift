import AWSCore
import Bytes

/// Registers partitions, of which a table with projection has no need. Needs `glue:BatchCreatePartition` on the table,
/// its database and the catalog. It may be repeated: what is registered already is refused by itself.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
package struct BatchCreatePartition: PartitionsRequest {
    package static let operation = AWSOperation.batchCreatePartition
    package static let target = "AWSGlue.BatchCreatePartition"
    package static let list: StaticString = "PartitionInputList"
    package static let refusedValues = "PartitionValues"
    /// It is registered already.
    package static let harmless = "AlreadyExistsException"

    package var database: String
    package var table: String
    package var partitions: [GluePartition]

    /// - Parameter partitions: at most `limit`.
    package init(database: String, table: String, _ partitions: [GluePartition]) {
        self.database = database
        self.table = table
        self.partitions = partitions
    }

    package func append(_ partition: GluePartition, to body: ByteBuffer) { partition.appendInput(to: body) }
}

extension AWSOperation {
    package static let batchCreatePartition = ofTable("BatchCreatePartition")
}
