import Bytes
import JSON
import Libc

/// The members that objects at one place have had, with what was learned of their values. One that was only ever null
/// is none of them.
struct LearnedMembers {
    private var members: [Member] = []
    /// Places by names as they were written: as a rule one, more where spellings differ in case or escapes.
    private var places: [[UInt8]: Int] = [:]
    /// Places by names as readers know them.
    private var columns: [[UInt8]: Int] = [:]

    private struct Member {
        /// As it was written when it was first met.
        var written: [UInt8]
        /// As readers know it.
        var name: String
        var value = LearnedValue.null
    }

    var count: Int { members.count }

    var fields: [ColumnType.Field] { members.indices.map(field) }

    func field(_ place: Int) -> ColumnType.Field {
        ColumnType.Field(name: members[place].name, type: members[place].value.type)
    }

    /// - Parameter column: a name as readers know it.
    func place(ofColumn column: String) -> Int? { columns[Array(column.utf8)] }

    /// - Parameter guess: where the member probably is.
    func place(of name: JSONString, _ guess: Int) -> Int? {
        if guess < members.count, isWritten(members[guess].written, name.raw) { return guess }
        return places[Array(name.raw.bytes)]
    }

    private func isWritten(_ written: [UInt8], _ name: PaddedBytes) -> Bool {
        guard written.count == name.count else { return false }
        return written.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0, name.start, name.count) == 0 } ?? true
        }
    }

    /// - Parameters:
    ///   - name: one that `place(of:)` does not know.
    ///   - column: the same as readers know it.
    mutating func place(of name: JSONString, column: String) -> Int? {
        guard let place = columns[Array(column.utf8)] else { return nil }
        // Who spells a name in ever new ways has it looked up each time.
        if places.count < 4 * ColumnType.mostFields { places[Array(name.raw.bytes)] = place }
        return place
    }

    mutating func insert(_ name: JSONString, column: String) -> Int {
        let written = Array(name.raw.bytes)
        places[written] = members.count
        columns[Array(column.utf8)] = members.count
        members.append(Member(written: written, name: column))
        return members.count - 1
    }

    /// Reads the member's value, which comes next. Returns whether there is something new in it.
    mutating func learn(_ place: Int, _ cursor: inout JSONCursor, level: Int) throws(JSONError) -> Bool {
        try members[place].value.learn(&cursor, level: level)
    }
}
