import TableSchema
import TestParts

/// Types and schemas as rows may teach them, and a few that people may choose.
struct RandomTypes {
    private var random: SplitMix
    private let names = ["a", "b", "c", "adj_close", "é", "e\u{301}", "x1", "漢"]

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    mutating func type(depth: Int = 0, chosen: Bool = false) -> ColumnType {
        switch Int.random(in: 0..<(depth < 3 ? 10 : 6), using: &random) {
        case 0: .boolean
        case 1: .integer(isWide: false)
        case 2: .integer(isWide: true)
        case 3: .double
        case 4: .string
        case 5:
            chosen ? .other(pick(["int", "timestamp", "map<string,int>", "decimal(10,2)"])) : .integer(isWide: false)
        case 6, 7: .array(Bool.random(using: &random) ? .null : type(depth: depth + 1, chosen: chosen))
        default: .structure(fields(depth + 1, most: 3, chosen))
        }
    }

    mutating func schema(chosen: Bool = false) -> RowSchema { RowSchema(fields(0, most: 5, chosen)) }

    private mutating func fields(_ depth: Int, most: Int, _ chosen: Bool) -> [ColumnType.Field] {
        let count = Int.random(in: 0...most, using: &random)
        return names.shuffled(using: &random).prefix(count).map { name in
            ColumnType.Field(name: name, type: type(depth: depth, chosen: chosen))
        }
    }
}

extension ColumnType {
    /// The same type with all fields in the order of their names' bytes.
    var sorted: ColumnType {
        switch self {
        case .array(let element): .array(element.sorted)
        case .structure(let fields): .structure(Self.sorted(fields))
        default: self
        }
    }

    static func sorted(_ fields: [Field]) -> [Field] {
        fields.map { Field(name: $0.name, type: $0.type.sorted) }
            .sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    }
}

extension RowSchema {
    /// For comparing byte by byte: Swift's strings are equal where their characters are.
    var sorted: String { RowSchema(ColumnType.sorted(fields)).stored }
}
