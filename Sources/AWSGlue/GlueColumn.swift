import Bytes
import JSON

/// A column of a table or of a partition.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html
package struct GlueColumn: Equatable, Sendable {
    /// In lower case.
    package var name: String
    /// As Hive writes it: `array<struct<key:string>>`
    package var type: String
    /// Its comment and its parameters.
    private var others = JSONMembers()

    package init(_ name: String, _ type: String) {
        self.name = name
        self.type = type
    }

    init(_ cursor: inout JSONCursor) throws(JSONError) {
        others = try JSONMembers(&cursor)
        name = others.string("Name") ?? ""
        type = others.string("Type") ?? ""
        others = others.only(["Comment", "Parameters"])
    }

    func append(to body: ByteBuffer) {
        body.append("{\"Name\":")
        JSONWriter.appendString(name, to: body)
        body.append(",\"Type\":")
        JSONWriter.appendString(type, to: body)
        others.appendMembers(to: body, isFirst: false)
        body.append("}")
    }

    static func list(_ name: String, in members: JSONMembers) -> [GlueColumn] {
        members.array(name) { (cursor) throws(JSONError) in try GlueColumn(&cursor) } ?? []
    }
}
