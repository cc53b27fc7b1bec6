/// The columns of a table of rows, as far as rows have shown them, in the order of their first appearance.
///
/// Bounds, so that Glue takes the table whatever producers write: `mostColumns` columns, beyond which there are no
/// further ones; a type's text of `longestType` bytes and a whole stored form of `longestStored`, beyond which the
/// longest columns become text. (Glue's limits are 131,072 for a type and 512,000 for a parameter. [AWS Glue API,
/// Column and Table])
package struct RowSchema: Hashable, Sendable {
    /// Names are as readers know them, in lower case (`ColumnName`). None is of type null.
    package private(set) var fields: [ColumnType.Field]

    package static let mostColumns = 500
    package static let longestType = 65_536
    package static let longestStored = 400_000

    package init(_ fields: [ColumnType.Field] = []) {
        self.fields = Array(FieldIndex(fields).fields.prefix(Self.mostColumns))
        shorten()
    }

    /// Whether there is no room for further columns. Members that have none stay in the objects, out of reach of SQL.
    package var isFull: Bool { fields.count >= Self.mostColumns }

    /// The type of a column; `nil` where there is none of this name.
    package subscript(name: String) -> ColumnType? {
        fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.type
    }

    /// These columns first, then those that `other` adds.
    package func merged(with other: RowSchema) -> RowSchema {
        var index = FieldIndex(fields)
        index.merge(other.fields, most: Self.mostColumns)
        return RowSchema(index.fields)
    }

    /// Whether merging `other` would change nothing.
    package func contains(_ other: RowSchema) -> Bool {
        FieldIndex(fields).contain(other.fields, most: Self.mostColumns)
    }

    private mutating func shorten() {
        var lengths = fields.map(\.storedLength)
        for (place, length) in lengths.enumerated() where length > Self.longestType {
            makeText(place, &lengths)
        }
        var total = lengths.reduce(0, +)
        guard total > Self.longestStored else { return }
        for place in lengths.indices.sorted(by: { lengths[$0] > lengths[$1] }) where total > Self.longestStored {
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
