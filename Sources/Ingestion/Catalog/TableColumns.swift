import AWSGlue
import TableSchema

/// The columns of a table as its definition has them, and how they grow.
///
/// The definition itself is what counts: a type, a comment or a column that somebody has set stays. What Hive's types
/// cannot say is kept in a parameter of the table: members that were only ever `[]`, integers beyond 2^53. So sandboxes
/// that see records in any order arrive at the same table.
struct TableColumns {
    /// `RowSchema.stored`
    static let parameter = "kafka-to-s3.schema"
    /// Set by a crawler, with its name.
    private static let crawlerParameter = "UPDATED_BY_CRAWLER"

    private let columns: [GlueColumn]
    /// What rows may hold without a change of the table.
    let known: RowSchema
    /// Columns that were once there, and that somebody has removed.
    private let removed: [ColumnType.Field]
    /// Whether a crawler has made them, and this function not seen them.
    let isCrawlers: Bool

    init(_ table: GlueTable) {
        columns = table.storage.columns
        let names = Self.names(of: columns)
        let memory = table.parameters[Self.parameter].flatMap { RowSchema(stored: $0[...]) } ?? RowSchema()
        let isCrawlers =
            table.parameters[Self.parameter] == nil && table.parameters[Self.crawlerParameter] != nil
        self.isCrawlers = isCrawlers
        let fields = columns.map { column in
            ColumnType.Field(name: column.name, type: Self.type(of: column, memory[column.name], isCrawlers))
        }
        let absent = memory.fields.filter { !names.contains(Array($0.name.utf8)) }
        known = RowSchema(fields + absent.filter { $0.type.hive == nil })
        removed = absent.filter { $0.type.hive != nil }
    }

    /// Byte by byte: readers take an accent of its own for another name, Swift's strings do not.
    private static func names(of columns: [GlueColumn]) -> Set<[UInt8]> { Set(columns.map { Array($0.name.utf8) }) }

    /// The parameter's type where it says more than the column's and nothing else; where somebody has changed the
    /// column, theirs.
    private static func type(of column: GlueColumn, _ stored: ColumnType?, _ isCrawlers: Bool) -> ColumnType {
        guard var type = ColumnType(hive: column.type) else { return .other(column.type) }
        if isCrawlers { type = type.withoutNarrowNumbers }
        guard let stored else { return type }
        let both = type.merged(with: stored)
        return both.hive == type.hive ? both : type
    }

    /// What the table's other columns must hold where rows have members of unknown names and values: text holds any.
    func unseen(in rows: RowSchema) -> RowSchema {
        RowSchema(known.fields.filter { rows[$0.name] == nil }.map { .init(name: $0.name, type: .string) })
    }

    /// What becomes of the table so that it can hold these rows, too: no column goes, none changes its place, and new
    /// ones come last. (Hive compares the columns of registered partitions with the table's by their place.)
    func widened(to rows: RowSchema) -> WiderColumns {
        let needed = removed.filter { rows[$0.name] != nil }
        let schema = known.merged(with: rows).merged(with: RowSchema(needed))
        var wider = WiderColumns(columns: columns, schema: schema)
        for (index, column) in columns.enumerated() {
            guard let type = schema[column.name]?.hive, type != ColumnType(hive: column.type)?.hive else { continue }
            wider.columns[index].type = type
            wider.changes.append(ColumnChange(column: column.name, from: column.type, to: type))
        }
        let names = Self.names(of: columns)
        for field in schema.fields where !names.contains(Array(field.name.utf8)) {
            guard let type = field.type.hive else { continue }
            wider.columns.append(GlueColumn(field.name, type))
            wider.changes.append(ColumnChange(column: field.name, from: nil, to: type))
        }
        wider.stored = schema.merged(with: RowSchema(removed)).stored
        return wider
    }
}

struct WiderColumns {
    var columns: [GlueColumn]
    /// What rows may hold then.
    var schema: RowSchema
    /// What the table keeps of it.
    var stored = ""
    var changes: [ColumnChange] = []

    /// Whether a column has another type than before: registered partitions have to follow.
    var changesTypes: Bool { changes.contains { $0.from != nil } }
}

/// A column that is new, or has a wider type.
struct ColumnChange: Equatable {
    var column: String
    /// Its type before; `nil` for a new column.
    var from: String?
    var to: String
}

extension ColumnType {
    /// With what a crawler makes of small numbers as the type that larger ones have, too: the next value may be one.
    fileprivate var withoutNarrowNumbers: ColumnType {
        switch self {
        case .other("int"), .other("smallint"), .other("tinyint"): .integer(isWide: false)
        case .other("float"): .double
        case .array(let element): .array(element.withoutNarrowNumbers)
        case .structure(let fields):
            .structure(fields.map { Field(name: $0.name, type: $0.type.withoutNarrowNumbers) })
        default: self
        }
    }
}
