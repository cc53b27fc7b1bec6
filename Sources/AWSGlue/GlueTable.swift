import Bytes
import JSON

/// A table's definition, as GetTable tells it and as it is given to CreateTable and UpdateTable. An update replaces the
/// definition, so whatever was read and may be written is written again.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html
package struct GlueTable: Equatable, Sendable {
    /// In lower case.
    package var name: String
    package var parameters: [String: String]
    package var partitionKeys: [GlueColumn]
    package var storage: GlueStorage
    /// Grows with each update; UpdateTable wants that of the definition that was changed. Empty for a new table.
    package private(set) var versionID = ""
    private var others = JSONMembers()

    /// What a TableInput may have. All else that GetTable tells (when and by whom it was made, its version, what Lake
    /// Formation knows of it) is refused there.
    private static let writable: Set = [
        "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention", "ViewOriginalText",
        "ViewExpandedText", "TableType", "TargetTable",
    ]

    /// A table over objects that nobody else manages.
    package init(name: String, parameters: [String: String], partitionKeys: [GlueColumn], storage: GlueStorage) {
        self.name = name
        self.parameters = parameters
        self.partitionKeys = partitionKeys
        self.storage = storage
        others.set("TableType", "EXTERNAL_TABLE")
    }

    init(_ cursor: inout JSONCursor) throws(JSONError) {
        let members = try JSONMembers(&cursor)
        guard let name = members.string("Name") else { throw cursor.failure("a table with a name") }
        self.name = name
        parameters = members.strings("Parameters")
        partitionKeys = GlueColumn.list("PartitionKeys", in: members)
        storage = GlueStorage(members.members("StorageDescriptor") ?? JSONMembers())
        versionID = members.string("VersionId") ?? ""
        others = members.only(Self.writable)
    }

    /// `EXTERNAL_TABLE`, `VIRTUAL_VIEW`; `nil` where nobody has said.
    package var type: String? { others.string("TableType") }

    /// The table of another database, `database.table`, that this one is a link to.
    package var target: String? {
        others.members("TargetTable").map { "\($0.string("DatabaseName") ?? "").\($0.string("Name") ?? "")" }
    }

    func appendInput(to body: ByteBuffer) {
        var parameters = JSONMembers()
        parameters.set("Parameters", self.parameters)
        body.append("{\"Name\":")
        JSONWriter.appendString(name, to: body)
        body.append(",\"PartitionKeys\":")
        appendArray(partitionKeys, to: body) { $0.append(to: body) }
        body.append(",\"StorageDescriptor\":")
        storage.append(to: body)
        body.append(",")
        parameters.appendMembers(to: body)
        others.appendMembers(to: body, isFirst: false)
        body.append("}")
    }

    /// The same definition with another version.
    package func with(versionID: String) -> GlueTable {
        var table = self
        table.versionID = versionID
        return table
    }
}
