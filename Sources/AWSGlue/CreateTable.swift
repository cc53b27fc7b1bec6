import AWSCore
import Bytes
import HTTP
import JSON

/// Creates a table. Needs `glue:CreateTable` on the table, its database and the catalog.
///
/// The client repeats it after a lost answer: what the first attempt did makes the second one `alreadyExists`, and the
/// caller then looks at the table in any case.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html
package struct CreateTable: TableRequest {
    package enum Outcome: Sendable, Equatable {
        case created
        /// There is a table of that name, or somebody is creating it. This or an earlier attempt may have made it.
        case alreadyExists
    }

    package static let operation = AWSOperation.createTable
    package static let target = "AWSGlue.CreateTable"

    package var database: String
    package var definition: GlueTable
    package var table: String { definition.name }

    package init(database: String, _ definition: GlueTable) {
        self.database = database
        self.definition = definition
    }

    package func appendParameters(to body: ByteBuffer) {
        appendDatabase(to: body)
        body.append(",\"TableInput\":")
        definition.appendInput(to: body)
        body.append("}")
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
        if response.isError("AlreadyExistsException", "ConcurrentModificationException") { return .alreadyExists }
        try check(response)
        return .created
    }
}

extension AWSOperation {
    package static let createTable = ofTable("CreateTable")
}
