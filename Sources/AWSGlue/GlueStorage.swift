import Bytes
import JSON

/// Where the rows of a table or of a partition are, and how they are read.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_StorageDescriptor.html
package struct GlueStorage: Equatable, Sendable {
    package var columns: [GlueColumn]
    /// `s3://bucket/prefix/`
    package var location: String
    /// All its other members; what is written is what was read.
    private var others = JSONMembers()

    /// Lines of JSON.
    /// - Parameter serializationLibrary: the class of the SerDe.
    package init(
        columns: [GlueColumn], location: String, serializationLibrary: String, serdeParameters: [String: String]
    ) {
        self.columns = columns
        self.location = location
        others.set("InputFormat", "org.apache.hadoop.mapred.TextInputFormat")
        others.set("OutputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
        var serde = JSONMembers()
        serde.set("SerializationLibrary", serializationLibrary)
        serde.set("Parameters", serdeParameters)
        others["SerdeInfo"] = JSONMembers.text { serde.append(to: $0) }
    }

    init(_ members: JSONMembers) {
        columns = GlueColumn.list("Columns", in: members)
        location = members.string("Location") ?? ""
        others = members
        others["Columns"] = nil
        others["Location"] = nil
    }

    /// `nil` where there is none, as with a view.
    package var serializationLibrary: String? { others.members("SerdeInfo")?.string("SerializationLibrary") }

    /// What its SerDe is told.
    package var serdeParameters: [String: String] {
        get { others.members("SerdeInfo")?.strings("Parameters") ?? [:] }
        set {
            var serde = others.members("SerdeInfo") ?? JSONMembers()
            serde.set("Parameters", newValue)
            others["SerdeInfo"] = JSONMembers.text { serde.append(to: $0) }
        }
    }

    /// Whether the columns are those of a schema registry, and not the table's own.
    package var hasSchemaReference: Bool { others["SchemaReference"] != nil }

    func append(to body: ByteBuffer) {
        body.append("{\"Columns\":")
        appendArray(columns, to: body) { $0.append(to: body) }
        body.append(",\"Location\":")
        JSONWriter.appendString(location, to: body)
        others.appendMembers(to: body, isFirst: false)
        body.append("}")
    }
}
