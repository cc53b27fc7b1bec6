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
        members.array(name) { (cursor) throws(JSONError) in try cursor.readString().text } ?? []
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
