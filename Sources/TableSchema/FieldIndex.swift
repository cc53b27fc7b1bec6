/// Fields that are looked up by name.
///
/// Names are compared byte by byte: to readers, an `é` of one character and one of two are different names, which for
/// Swift's strings are the same.
struct FieldIndex {
    private(set) var fields: [ColumnType.Field]
    /// Made when a name is not where it is expected: most structures have the same fields in the same order.
    private var places: [[UInt8]: Int]?

    init(_ fields: [ColumnType.Field]) {
        self.fields = fields.contains { $0.type == .null } ? fields.filter { $0.type != .null } : fields
    }

    /// - Parameter most: how many fields there may be at most; further ones are left out.
    mutating func merge(_ others: [ColumnType.Field], most: Int = .max) {
        for (guess, other) in others.enumerated() {
            if let place = place(of: other.name, guess) {
                fields[place].type = fields[place].type.merged(with: other.type)
            } else if fields.count < most, other.type != .null {
                places?[Array(other.name.utf8)] = fields.count
                fields.append(other)
            }
        }
    }

    /// Whether merging `others` would change nothing.
    func contain(_ others: [ColumnType.Field], most: Int = .max) -> Bool {
        var index = self
        return others.enumerated().allSatisfy { guess, other in
            guard let place = index.place(of: other.name, guess) else {
                return fields.count >= most || other.type == .null
            }
            return fields[place].type.contains(other.type)
        }
    }

    /// - Parameter guess: where it probably is.
    mutating func place(of name: String, _ guess: Int) -> Int? {
        if guess < fields.count, fields[guess].name.utf8.elementsEqual(name.utf8) { return guess }
        return index()[Array(name.utf8)]
    }

    private mutating func index() -> [[UInt8]: Int] {
        if let places { return places }
        let pairs = fields.enumerated().map { (Array($0.element.name.utf8), $0.offset) }
        let made = Dictionary(pairs) { first, _ in first }
        places = made
        return made
    }
}
