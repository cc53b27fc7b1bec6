import JSON

/// What was learned of the values at one place: a `ColumnType` to which values can be added without copying it.
enum LearnedValue {
    case null
    case scalar(ColumnType)
    case array(LearnedElements)
    case structure(LearnedObjects)

    var type: ColumnType {
        switch self {
        case .null: .null
        case .scalar(let type): type
        case .array(let array): .array(array.value.type)
        case .structure(let objects): .structure(objects.members.fields)
        }
    }

    /// Reads a value, which comes next.
    ///
    /// - Parameter level: how many arrays and objects are open if this value is one, itself included; a column's own
    ///   value has 1.
    /// - Returns: whether the type is another one now.
    mutating func learn(_ cursor: inout JSONCursor, level: Int) throws(JSONError) -> Bool {
        switch cursor.peek() {
        case UInt8(ascii: "{"): try learnObject(&cursor, level)
        case UInt8(ascii: "["): try learnArray(&cursor, level)
        default: add(ColumnType(try cursor.readScalar()))
        }
    }

    private mutating func add(_ scalar: ColumnType) -> Bool {
        switch self {
        case .null:
            guard scalar != .null else { return false }
            self = .scalar(scalar)
        case .scalar(let type):
            guard !type.contains(scalar) else { return false }
            self = .scalar(type.merged(with: scalar))
        case .array, .structure:
            guard scalar != .null else { return false }
            self = .scalar(.string)
        }
        return true
    }

    private mutating func becomeText() -> Bool {
        if case .scalar(.string) = self { return false }
        self = .scalar(.string)
        return true
    }

    private mutating func learnArray(_ cursor: inout JSONCursor, _ level: Int) throws(JSONError) -> Bool {
        var grew = false
        if case .null = self, level <= ColumnType.mostLevels {
            self = .array(LearnedElements())
            grew = true
        }
        guard case .array(let array) = self else {
            try cursor.skipValue()
            return becomeText()
        }
        try cursor.enterArray()
        var isFirst = true
        while try cursor.nextElement(&isFirst) {
            if try array.value.learn(&cursor, level: level + 1) { grew = true }
        }
        return grew
    }

    private mutating func learnObject(_ cursor: inout JSONCursor, _ level: Int) throws(JSONError) -> Bool {
        var grew = false
        if case .null = self, level <= ColumnType.mostLevels {
            self = .structure(LearnedObjects())
            grew = true
        }
        guard case .structure(let objects) = self else {
            try cursor.skipValue()
            return becomeText()
        }
        let start = cursor.position
        switch try objects.learn(&cursor, level) {
        case .some(let more): return grew || more
        case .none:
            cursor.advance(to: start)
            try cursor.skipValue()
            return becomeText()
        }
    }
}

final class LearnedElements {
    var value = LearnedValue.null
}

final class LearnedObjects {
    var members = LearnedMembers()

    /// - Returns: whether there is something new; `nil` where a `struct<…>` cannot hold the object.
    func learn(_ cursor: inout JSONCursor, _ level: Int) throws(JSONError) -> Bool? {
        try cursor.enterObject()
        var isFirst = true
        var grew = false
        var guess = 0
        while let name = try cursor.nextName(&isFirst) {
            if try cursor.skipNull() { continue }
            guard let place = members.place(of: name, guess) ?? insert(name) else { return nil }
            guess = place + 1
            if try members.learn(place, &cursor, level: level + 1) { grew = true }
        }
        return grew
    }

    private func insert(_ name: JSONString) -> Int? {
        let field = ColumnName.forReaders(name.text)
        if let place = members.place(of: name, column: field) { return place }
        guard ColumnName.canBeField(field), members.count < ColumnType.mostFields else { return nil }
        return members.insert(name, column: field)
    }
}

extension ColumnType {
    init(_ scalar: JSONScalar) {
        self =
            switch scalar {
            case .null: .null
            case .boolean: .boolean
            case .integer(let isWide): .integer(isWide: isWide)
            case .double: .double
            case .text: .string
            }
    }
}
