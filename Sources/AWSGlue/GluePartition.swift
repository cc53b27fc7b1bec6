import Bytes
import JSON

/// A registered partition of a table: its values, and where and how its rows are read.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_PartitionInput.html
package struct GluePartition: Equatable, Sendable {
    /// One for each partition key, in their order.
    package var values: [String]
    package var storage: GlueStorage
    private var others = JSONMembers()

    /// What a PartitionInput may have besides.
    private static let writable: Set = ["LastAccessTime", "LastAnalyzedTime", "Parameters"]

    package init(values: [String], storage: GlueStorage) {
        self.values = values
        self.storage = storage
    }

    init(_ cursor: inout JSONCursor) throws(JSONError) {
        let members = try JSONMembers(&cursor)
        values = Self.values(in: members, "Values")
        storage = GlueStorage(members.members("StorageDescriptor") ?? JSONMembers())
        others = members.only(Self.writable)
    }

    static func values(in members: JSONMembers, _ name: String) -> [String] {
        members.read(name) { (cursor) throws(JSONError) in
            var values: [String] = []
            try readArray(&cursor) { (cursor) throws(JSONError) in values.append(try cursor.readString().text) }
            return values
        } ?? []
    }

    func appendInput(to body: ByteBuffer) {
        body.append("{\"Values\":")
        appendStrings(values, to: body)
        body.append(",\"StorageDescriptor\":")
        storage.append(to: body)
        others.appendMembers(to: body, isFirst: false)
        body.append("}")
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
