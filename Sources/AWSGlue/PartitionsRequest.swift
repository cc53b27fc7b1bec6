import AWSCore
import Bytes
import HTTP
import JSON

/// A request about several partitions of a table, each of which may be refused by itself.
package protocol PartitionsRequest: TableRequest where Output == [GluePartitionRefusal] {
    /// The parameter that lists the partitions.
    static var list: StaticString { get }
    /// The member of a refusal that holds the partition's values.
    static var refusedValues: String { get }
    /// The code of a refusal that leaves nothing to be done.
    static var harmless: String { get }

    /// At most `limit`.
    var partitions: [GluePartition] { get }
    func append(_ partition: GluePartition, to body: ByteBuffer)
}

extension PartitionsRequest {
    /// As many partitions as one request takes.
    package static var limit: Int { 100 }

    package func appendParameters(to body: ByteBuffer) {
        appendDatabase(to: body)
        append("TableName", table, to: body)
        body.append(",\"")
        body.append(Self.list)
        body.append("\":")
        appendArray(partitions, to: body) { append($0, to: body) }
        body.append("}")
    }

    /// - Returns: what was refused, for another reason than a harmless one.
    package func read(_ response: HTTPResponse) throws(ResponseError) -> [GluePartitionRefusal] {
        try check(response)
        do throws(JSONError) {
            return try GluePartitionRefusal.list(response.body, valuesIn: Self.refusedValues)
                .filter { $0.code != Self.harmless }
        } catch {
            throw .unreadable("the list of errors is not valid: expected \(error.problem) at byte \(error.offset)")
        }
    }
}

/// Why one partition of a request for several was refused.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_PartitionError.html
package struct GluePartitionRefusal: Equatable, Sendable, CustomStringConvertible {
    package var values: [String]
    package var code: String
    package var message: String

    package init(values: [String], code: String, message: String) {
        self.values = values
        self.code = code
        self.message = message
    }

    package var description: String { "partition \(values.joined(separator: "/")): \(code): \(message)" }

    /// - Parameter name: the member that holds the partition's values.
    static func list(_ response: ByteBuffer, valuesIn name: String) throws(JSONError) -> [GluePartitionRefusal] {
        guard response.bytes.contains(where: { $0 > 0x20 }) else { return [] }
        var cursor = JSONCursor(response.padded)
        let members = try JSONMembers(&cursor)
        var refusals: [GluePartitionRefusal] = []
        _ = members.read("Errors") { (cursor) throws(JSONError) in
            try readArray(&cursor) { (cursor) throws(JSONError) in
                let refusal = try JSONMembers(&cursor)
                let detail = refusal.members("ErrorDetail")
                refusals.append(
                    GluePartitionRefusal(
                        values: GluePartition.values(in: refusal, name),
                        code: detail?.string("ErrorCode") ?? "UnknownError",
                        message: detail?.string("ErrorMessage") ?? ""))
            }
        }
        return refusals
    }
}
