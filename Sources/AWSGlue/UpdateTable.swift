import AWSCore
import Bytes
import HTTP
import JSON

/// Replaces a table's definition, if it still is the version that was read. Needs `glue:UpdateTable` on the table, its
/// database and the catalog.
///
/// The client does not repeat it: after a lost answer or an error of the service the update may have happened, and with
/// the same version it would be refused then. Whoever asks for it loads the table again, and looks.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html
package struct UpdateTable: TableRequest {
    package enum Outcome: Sendable, Equatable {
        case updated
        /// Somebody else has changed the table since it was read, or deleted it. Nothing was changed.
        case stale
    }

    package static let operation = AWSOperation.updateTable
    package static let target = "AWSGlue.UpdateTable"

    package var database: String
    /// The new definition, with the version of the one that it was made from.
    package var definition: GlueTable
    package var table: String { definition.name }

    package init(database: String, _ definition: GlueTable) {
        self.database = database
        self.definition = definition
    }

    /// Without `SkipArchive` Glue keeps each version, up to 100,000 of a table, and then refuses every update.
    package func appendParameters(to body: ByteBuffer) {
        appendDatabase(to: body)
        append("VersionId", definition.versionID, to: body)
        body.append(",\"SkipArchive\":true,\"TableInput\":")
        definition.appendInput(to: body)
        body.append("}")
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
        if response.isError(
            "ConcurrentModificationException", "VersionMismatchException", "EntityNotFoundException")
        {
            return .stale
        }
        try check(response)
        return .updated
    }
}

extension AWSOperation {
    package static let updateTable = ofTable("UpdateTable", isRetried: false)
}
