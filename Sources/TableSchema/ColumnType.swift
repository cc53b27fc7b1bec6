/// What the values of one member have been so far.
///
/// Types grow by `merged(with:)` only, and never shrink: it is commutative (but for the order of a structure's fields,
/// which is that of their first appearance), associative and idempotent. So sandboxes that see records in any order
/// arrive at the same table. JSON text is parsed anew by each query with the table's current type, hence a wider type
/// never makes an old object unreadable.
package indirect enum ColumnType: Hashable, Sendable {
    /// Nothing but nulls: there is no column yet.
    case null
    case boolean
    /// Within 64 bits.
    /// - isWide: one was beyond ±2^53. A `double` would change its digits, so where doubles come as well, the column
    ///   is text.
    case integer(isWide: Bool)
    case double
    /// Text, and whatever has no other type in common: readers then give the value's JSON text.
    case string
    /// Of `.null` where all arrays were empty or held nulls: there is no column yet.
    case array(ColumnType)
    /// An object. There is no column until one of its fields has one. Fields that were only ever null are not among
    /// them: any type holds null, so there is nothing to remember.
    case structure([Field])
    /// A Hive type that somebody chose for the table and that is never learned: `int`, `timestamp`, `decimal(10,2)`,
    /// `map<string,string>`. It is kept, whatever comes.
    case other(String)

    package struct Field: Hashable, Sendable {
        /// As readers know it: in lower case (`ColumnName`).
        package var name: String
        package var type: ColumnType

        package init(name: String, type: ColumnType) {
            self.name = name
            self.type = type
        }
    }

    /// Objects with more names than this have data for names: they are text.
    package static let mostFields = 500

    /// How many arrays and objects may be nested in a column, itself included. What is deeper is text.
    package static let mostLevels = 8

    /// The least type that holds the values of both.
    package func merged(with other: ColumnType) -> ColumnType {
        switch (self, other) {
        // Two people's choices for one column: which one does not matter, but all sandboxes must take the same.
        case (.other(let one), .other(let two)): .other(min(one, two))
        case (.other, _), (_, .null): self
        case (_, .other), (.null, _): other
        case (.boolean, .boolean): .boolean
        case (.integer(let one), .integer(let two)): .integer(isWide: one || two)
        case (.double, .double), (.double, .integer(isWide: false)), (.integer(isWide: false), .double): .double
        case (.array(let one), .array(let two)): .array(one.merged(with: two))
        case (.structure(let one), .structure(let two)): Self.structure(joining: one, two)
        default: .string
        }
    }

    /// Whether merging `other` would change nothing.
    package func contains(_ other: ColumnType) -> Bool {
        switch (self, other) {
        case (.other(let one), .other(let two)): one <= two
        case (.other, _), (_, .null): true
        case (_, .other), (.null, _): false
        case (.string, _), (.boolean, .boolean), (.double, .double), (.double, .integer(isWide: false)): true
        case (.integer(let one), .integer(let two)): one || !two
        case (.array(let one), .array(let two)): one.contains(two)
        case (.structure(let one), .structure(let two)): FieldIndex(one).contain(two)
        default: false
        }
    }

    private static func structure(joining one: [Field], _ two: [Field]) -> ColumnType {
        var index = FieldIndex(one)
        index.merge(two)
        return index.fields.count > mostFields ? .string : .structure(index.fields)
    }
}
