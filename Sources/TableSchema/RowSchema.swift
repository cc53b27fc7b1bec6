/// The columns of a table of rows, as far as rows have shown them, in the order of their first appearance.
///
/// Merging keeps bounds, so that Glue takes the table whatever producers write: `mostColumns` columns, beyond which
/// none is added; a type's text of `longestType` bytes and a whole stored form of `longestStored`, beyond which the
/// longest of the columns that change become text. What a table has beyond that is somebody else's choice and stays.
/// (Glue's limits are 131,072 for a type and 512,000 for a parameter. [AWS Glue API, Column and Table])
package struct RowSchema: Hashable, Sendable {
    /// Names are as readers know them, in lower case (`ColumnName`). None is of type null.
    package private(set) var fields: [ColumnType.Field]

    package static let mostColumns = 500
    package static let longestType = 65_536
    package static let longestStored = 400_000

    /// All of these columns, however many.
    package init(_ fields: [ColumnType.Field] = []) { self.fields = FieldIndex(fields).fields }

    /// Whether there is no room for further columns. Members that have none stay in the objects, out of reach of SQL.
    package var isFull: Bool { fields.count >= Self.mostColumns }

    /// The type of a column; `nil` where there is none of this name.
    package subscript(name: String) -> ColumnType? {
        fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.type
    }

    /// These columns first, then those that `other` adds, as far as there is room for them.
    package func merged(with other: RowSchema) -> RowSchema {
        var index = FieldIndex(fields)
        index.merge(other.fields, most: Self.mostColumns)
        var merged = RowSchema(index.fields)
        merged.shorten(besides: fields)
        return merged
    }

    /// Whether merging `other` would change nothing.
    package func contains(_ other: RowSchema) -> Bool {
        FieldIndex(fields).contain(other.fields, most: Self.mostColumns)
    }

    /// - Parameter kept: the first columns; those that are still the same stay so.
    private mutating func shorten(besides kept: [ColumnType.Field]) {
        var lengths = fields.map(\.storedLength)
        let changed = fields.indices.filter { $0 >= kept.count || fields[$0].type != kept[$0].type }
        for place in changed where lengths[place] > Self.longestType { makeText(place, &lengths) }
        var total = lengths.reduce(0, +)
        guard total > Self.longestStored else { return }
        for place in changed.sorted(by: { lengths[$0] > lengths[$1] }) where total > Self.longestStored {
            total -= lengths[place]
            makeText(place, &lengths)
            total += lengths[place]
        }
    }

    private mutating func makeText(_ place: Int, _ lengths: inout [Int]) {
        if case .other = fields[place].type { return }
        fields[place].type = .string
        lengths[place] = fields[place].storedLength
    }
}
