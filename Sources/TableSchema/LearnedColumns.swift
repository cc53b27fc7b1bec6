import Bytes
import JSON

/// The columns of rows, learned from their text row by row: the same as the `RowSchema`s of the single rows merged, in
/// place.
package final class LearnedColumns {
    /// Why a member of a row has no column.
    package enum Omission: Sendable {
        /// The rows had `mostNames` others before.
        case tooMany
        /// A table cannot have a column of this name (`ColumnName.canBeColumn`).
        case name
    }

    /// Many more than a table has columns: which of them it has, only the table says.
    package static let mostNames = 20_000

    private var members = LearnedMembers()
    /// Whether rows had more names than that, of whose values nothing is known.
    package private(set) var isCut = false
    private let reserved: Set<[UInt8]>

    /// - Parameter reserved: names of columns that the table has of its own: those of its partitions.
    package init(reserved: [String] = []) {
        self.reserved = Set(reserved.map { Array(ColumnName.forReaders($0).utf8) })
    }

    /// All columns so far.
    package var schema: RowSchema { RowSchema(members.fields) }

    /// How many columns there are, by whose places `grew` and `column(_:)` name them.
    package var count: Int { members.count }

    /// The place of a column; `nil` where rows had none of this name.
    package func place(of column: String) -> Int? { members.place(ofColumn: column) }

    /// A column as it is now.
    package func column(_ place: Int) -> ColumnType.Field { members.field(place) }

    /// Adds what a row shows.
    ///
    /// - Parameters:
    ///   - row: a valid JSON object without duplicate names.
    ///   - grew: called with the place of each column that is new or has another type now.
    ///   - omitted: called with the name of each member that has no column.
    package func learn(_ row: PaddedBytes, grew: (Int) -> Void, omitted: (String, Omission) -> Void) {
        var cursor = JSONCursor(row)
        // What is not JSON has been rejected: nothing is thrown here.
        try? learn(&cursor, grew, omitted)
    }

    private func learn(
        _ cursor: inout JSONCursor, _ grew: (Int) -> Void, _ omitted: (String, Omission) -> Void
    ) throws(JSONError) {
        try cursor.enterObject()
        var isFirst = true
        var guess = 0
        while let name = try cursor.nextName(&isFirst) {
            if try cursor.skipNull() { continue }
            guard let place = members.place(of: name, guess) ?? insert(name, omitted) else {
                try cursor.skipValue()
                continue
            }
            guess = place + 1
            if try members.learn(place, &cursor, level: 1) { grew(place) }
        }
    }

    private func insert(_ name: JSONString, _ omitted: (String, Omission) -> Void) -> Int? {
        let column = ColumnName.forReaders(name.text)
        if let place = members.place(of: name, column: column) { return place }
        guard ColumnName.canBeColumn(column), !reserved.contains(Array(column.utf8)) else {
            omitted(column, .name)
            return nil
        }
        guard members.count < Self.mostNames else {
            isCut = true
            omitted(column, .tooMany)
            return nil
        }
        return members.insert(name, column: column)
    }
}
