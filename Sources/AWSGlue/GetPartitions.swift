import AWSCore
import Bytes
import HTTP
import JSON

/// Lists the registered partitions of a table, page by page. Needs `glue:GetPartitions` on the table, its database and
/// the catalog.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html
package struct GetPartitions: TableRequest {
    package struct Page: Sendable {
        package var partitions: [GluePartition]
        /// `nil` on the last page. A page may be empty and not be the last one.
        package var nextToken: String?

        package init(partitions: [GluePartition], nextToken: String?) {
            self.partitions = partitions
            self.nextToken = nextToken
        }
    }

    package static let operation = AWSOperation.getPartitions
    package static let target = "AWSGlue.GetPartitions"

    package var database: String
    package var table: String
    package var nextToken: String?

    package init(database: String, table: String, nextToken: String? = nil) {
        self.database = database
        self.table = table
        self.nextToken = nextToken
    }

    /// A page holds as many as one update takes.
    package func appendParameters(to body: ByteBuffer) {
        appendDatabase(to: body)
        append("TableName", table, to: body)
        body.append(",\"MaxResults\":")
        body.append(decimal: Int64(BatchUpdatePartition.limit))
        if let nextToken { append("NextToken", nextToken, to: body) }
        body.append("}")
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Page {
        let members = try members(response)
        let partitions = members.array("Partitions") { (cursor) throws(JSONError) in try GluePartition(&cursor) }
        return Page(partitions: partitions ?? [], nextToken: members.string("NextToken"))
    }
}

extension AWSOperation {
    /// Each partition of a page has all its columns.
    package static let getPartitions = ofTable("GetPartitions", responseLimit: 64 << 20)
}
