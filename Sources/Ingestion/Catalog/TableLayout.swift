import AWSGlue
import TableSchema

/// What a batch's rows need of the table of their topic.
struct WantedTable {
    var topic: String
    var name: String
    /// The key of the topic's folder, `topics/orders/`.
    var folder: String
    /// `s3://bucket/topics/orders/`
    var location: String
    var columns: RowSchema
    /// Whether the rows have further members, of whose values nothing is known.
    var isCut = false
    /// Of the folders that the rows are in, as far as Athena can be told of them; `nil` where there are none by day.
    var days: ClosedRange<Day>?
}

/// How the tables of this function are made, and what an existing one must be like to be taken for one.
struct TableLayout: Sendable {
    var database: String
    /// The names of the folders by day and hour, as far as there are any.
    var partitionColumns: [String]
    var registersPartitions: Bool

    /// Whether the registered partitions have the table's types: `current`, or else they are to be looked at.
    static let partitionsParameter = "kafka-to-s3.partitions"
    static let partitionsAreCurrent = "current"
    static let partitionsAreBehind = "behind"

    /// OpenX's SerDe, as in the tables of crawlers: a column of text then reads an object, an array or a number as its
    /// JSON text, where Hive's own SerDe fails. That is what a column comes to whose values have nothing in common.
    private static let serde = "org.openx.data.jsonserde.JsonSerDe"
    /// `dots.in.keys` reads a member `a.b` into the column `a_b`: Athena has no dots in names.
    private static let serdeParameters = ["serialization.format": "1", "dots.in.keys": "TRUE"]

    /// - Parameter columns: of the new table, and what it is to remember.
    func table(for wanted: WantedTable, _ columns: WiderColumns, today: Day) -> GlueTable {
        var table = GlueTable(
            name: wanted.name, parameters: ["classification": "json", "EXTERNAL": "TRUE"],
            partitionKeys: partitionColumns.map { GlueColumn($0, "string") },
            storage: GlueStorage(
                columns: columns.columns, location: wanted.location, serializationLibrary: Self.serde,
                serdeParameters: Self.serdeParameters))
        table.parameters[TableColumns.parameter] = columns.stored
        project(wanted.days, in: &table, today: today)
        if registersPartitions { table.parameters[Self.partitionsParameter] = Self.partitionsAreCurrent }
        return table
    }

    // MARK: A table that exists

    /// Why a table of that name cannot be this topic's; `nil` where it can.
    func objection(to table: GlueTable, for wanted: WantedTable) -> String? {
        guard let what = difference(of: table, wanted) else { return nil }
        return "it \(what), and topic \(wanted.topic) needs one of that name for JSON "
            + "lines in \(wanted.location)\(partitionText): set GLUE_DATABASE to another database, or drop that table "
            + "if nobody uses it"
    }

    private func difference(of table: GlueTable, _ wanted: WantedTable) -> String? {
        if let target = table.target { return "is a link to \(target)" }
        if let type = table.type, type.hasSuffix("VIEW") { return "is a view" }
        if let format = table.parameters["table_type"] { return "is of format \(format)" }
        guard Self.path(table.storage.location) == Self.path(wanted.location) else {
            return table.storage.location.isEmpty ? "has no location" : "is in \(table.storage.location)"
        }
        guard table.storage.serializationLibrary == Self.serde else {
            return table.storage.serializationLibrary.map { "is read by \($0) instead of \(Self.serde)" }
                ?? "has no SerDe"
        }
        if table.storage.hasSchemaReference { return "gets its columns from a schema registry" }
        let keys = table.partitionKeys.map(\.name)
        return keys == partitionColumns
            ? nil : keys.isEmpty ? "is not partitioned" : "is partitioned by \(keys.joined(separator: ", "))"
    }

    private var partitionText: String {
        partitionColumns.isEmpty ? ", not partitioned" : ", partitioned by \(partitionColumns.joined(separator: ", "))"
    }

    /// Without the scheme, of which Hadoop has three for S3, and without slashes at its end.
    private static func path(_ location: String) -> Substring {
        var path = location[...]
        for scheme in ["s3://", "s3a://", "s3n://"] where path.hasPrefix(scheme) {
            path = path.dropFirst(scheme.count)
            break
        }
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// A crawler's table becomes the function's: its SerDe must find members where their columns are.
    func adopt(_ table: inout GlueTable) {
        guard table.storage.serializationLibrary == Self.serde else { return }
        table.storage.serdeParameters.merge(Self.serdeParameters) { set, _ in set }
    }

    // MARK: Projection

    /// Athena computes the folders from these properties, so that no partition has to be registered, and none has
    /// columns of its own that the table's could disagree with. What somebody has set stays.
    /// https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
    func project(_ days: ClosedRange<Day>?, in table: inout GlueTable, today: Day) {
        guard let day = partitionColumns.first else { return }
        let range = "projection.\(day).range"
        if isProjected(table), var projected = self.days(of: table) {
            projected.widen(to: days, today: today)
            table.parameters[range] = projected.text
            return
        }
        guard lacksProjection(table) else { return }
        var properties = [
            "projection.enabled": "true", "projection.\(day).type": "date", "projection.\(day).format": "yyyy-MM-dd",
            range: ProjectedDays(days, today: today).text,
        ]
        for hour in partitionColumns.dropFirst() {
            properties["projection.\(hour).type"] = "integer"
            properties["projection.\(hour).range"] = "0,23"
            properties["projection.\(hour).digits"] = "2"
        }
        table.parameters.merge(properties) { set, _ in set }
    }

    /// Whether nobody has decided yet how Athena finds the table's folders.
    func lacksProjection(_ table: GlueTable) -> Bool {
        !partitionColumns.isEmpty && table.parameters["projection.enabled"] == nil
    }

    /// Whether Athena computes the table's folders.
    func isProjected(_ table: GlueTable) -> Bool {
        table.parameters["projection.enabled"].map { $0.lowercased() == "true" } ?? false
    }

    /// `nil` where the days are not projected as this function does it.
    func days(of table: GlueTable) -> ProjectedDays? {
        guard let day = partitionColumns.first, isProjected(table),
            table.parameters["projection.\(day).type"]?.lowercased() == "date",
            table.parameters["projection.\(day).format"] == "yyyy-MM-dd"
        else { return nil }
        return table.parameters["projection.\(day).range"].map(ProjectedDays.init)
    }
}
