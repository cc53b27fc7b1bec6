import AWSCore
import Bytes
import HTTP
import JSON

/// A request about one table of the account's own catalog.
package protocol TableRequest: JSONRequest {
    var database: String { get }
    /// The table's name, in lower case.
    var table: String { get }
}

extension TableRequest {
    package func resource(in region: String) -> AWSResource {
        AWSResource(
            "table \(database).\(table)",
            arn: "arn:\(Partition(region: region).name):glue:\(region):ACCOUNT:table/\(database)/\(table)")
    }

    /// Appends a member that is a string, and the comma before it.
    func append(_ name: StaticString, _ value: String, to body: ByteBuffer) {
        body.append(",\"")
        body.append(name)
        body.append("\":")
        JSONWriter.appendString(value, to: body)
    }

    /// Begins the request's object with its database.
    func appendDatabase(to body: ByteBuffer) {
        body.append("{\"DatabaseName\":")
        JSONWriter.appendString(database, to: body)
    }

    /// The members of a success.
    func members(_ response: HTTPResponse) throws(ResponseError) -> JSONMembers {
        try check(response)
        return try reading(response) { (cursor) throws(JSONError) in try JSONMembers(&cursor) }
    }

    func reading<Value>(
        _ response: HTTPResponse, _ read: (inout JSONCursor) throws(JSONError) -> Value
    ) throws(ResponseError) -> Value {
        var cursor = JSONCursor(response.body.padded)
        do throws(JSONError) { return try read(&cursor) } catch {
            throw .unreadable(
                "not a valid \(Self.operation) response: expected \(error.problem) at byte \(error.offset)")
        }
    }
}

extension RequestCounter {
    /// Requests about tables and partitions: Glue bills them alike.
    package static let glue = RequestCounter("glue", metric: "GlueRequests")
}

extension AWSOperation {
    /// An operation on a table, for which a policy must name the database and the catalog as well.
    /// https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    static func ofTable(_ name: String, responseLimit: Int = 8 << 20, isRetried: Bool = true) -> AWSOperation {
        AWSOperation(
            .glue, name, permissionNote: ", on its database and on the catalog", counter: .glue,
            responseLimit: responseLimit, responseTime: 10_000, isRetried: isRetried)
    }
}
