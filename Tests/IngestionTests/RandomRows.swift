import TableSchema
import TestParts

/// A value of a row, with what its column's type must be: said here once more, without reading any text.
indirect enum RandomValue {
    case scalar(String, ColumnType)
    case array([RandomValue])
    case object([(name: RandomName, value: RandomValue)])

    /// - Parameter level: how many arrays and objects are open in the column, this one included.
    func type(level: Int = 1) -> ColumnType {
        switch self {
        case .scalar(_, let type): return type
        case .array(let elements):
            guard level <= 8 else { return .string }
            return .array(elements.reduce(.null) { $0.merged(with: $1.type(level: level + 1)) })
        case .object(let members):
            guard level <= 8 else { return .string }
            var all = ColumnType.structure([])
            for (name, value) in members {
                let type = value.type(level: level + 1)
                guard type != .null else { continue }
                guard name.canBeField, let column = name.column else { return .string }
                all = all.merged(with: .structure([.init(name: column, type: type)]))
            }
            return all
        }
    }

    /// The columns of a row.
    var schema: RowSchema {
        guard case .object(let members) = self else { return RowSchema() }
        return members.reduce(RowSchema()) { schema, member in
            guard let column = member.name.column else { return schema }
            return schema.merged(with: RowSchema([.init(name: column, type: member.value.type())]))
        }
    }

    func text(_ space: () -> String) -> String {
        switch self {
        case .scalar(let text, _): text
        case .array(let elements):
            "[\(elements.map { space() + $0.text(space) + space() }.joined(separator: ","))\(space())]"
        case .object(let members):
            "{\(members.map { space() + $0.spelled($1, space) }.joined(separator: ","))\(space())}"
        }
    }
}

/// A member's name as it is written, and the column it is read into: `nil` where there can be none.
struct RandomName {
    var spelling: String
    var column: String?
    var canBeField = true

    func spelled(_ value: RandomValue, _ space: () -> String) -> String {
        "\"\(spelling)\"\(space()):\(space())\(value.text(space))\(space())"
    }

    static let all: [RandomName] = [
        .init(spelling: "a", column: "a"), .init(spelling: "A", column: "a"), .init(spelling: #"\u0061"#, column: "a"),
        .init(spelling: "b", column: "b"), .init(spelling: "userId", column: "userid"),
        .init(spelling: "Adj Close", column: "adj close", canBeField: false),
        .init(spelling: "p.q", column: "p_q"), .init(spelling: "p_q", column: "p_q"),
        .init(spelling: "é", column: "é"), .init(spelling: "e\u{301}", column: "e\u{301}", canBeField: false),
        .init(spelling: "É", column: "é"), .init(spelling: "日本", column: "日本"),
        .init(spelling: "😀", column: "😀", canBeField: false), .init(spelling: "", column: nil, canBeField: false),
        .init(spelling: "x,y", column: nil, canBeField: false), .init(spelling: "x|y", column: nil, canBeField: false),
        .init(spelling: #"t\tb"#, column: nil, canBeField: false),
        .init(spelling: "k:1", column: "k:1", canBeField: false),
        .init(spelling: "<k>", column: "<k>", canBeField: false),
        .init(spelling: #"q\"{"#, column: "q\"{", canBeField: false),
        .init(spelling: "a name of more than a piece", column: "a name of more than a piece", canBeField: false),
        .init(spelling: String(repeating: "n", count: 256), column: nil, canBeField: false),
        .init(spelling: "__1", column: "__1"),
    ]
}

/// Rows of a few shapes in turn, whose values are mostly of one kind at each place and now and then of another.
struct RandomRows {
    private var random: SplitMix
    private var templates: [Template] = []
    private var isSpaced: Bool

    /// What a shape leaves open is the scalars' kinds, and how many elements an array has.
    private indirect enum Template {
        case scalar(usual: Int)
        case array([Template])
        case object([(RandomName, Template)])
    }

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        isSpaced = Int.random(in: 0..<4, using: &random) == 0
        for _ in 0..<Int.random(in: 1...4, using: &random) { templates.append(object(depth: 0)) }
    }

    mutating func next() -> (text: String, schema: RowSchema) {
        let value = fill(templates[Int.random(in: 0..<templates.count, using: &random)])
        var spaces = random
        let isSpaced = isSpaced
        let text = value.text {
            isSpaced ? ["", " ", "\n", "  \t"][Int.random(in: 0..<4, using: &spaces)] : ""
        }
        return (text, value.schema)
    }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func template(depth: Int) -> Template {
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1:
            guard depth < 4 else { return .scalar(usual: 0) }
            return .array((0..<Int.random(in: 0...2, using: &random)).map { _ in template(depth: depth + 1) })
        case 2: return depth < 4 ? object(depth: depth) : .scalar(usual: 1)
        case 3 where Int.random(in: 0..<8, using: &random) == 0:
            let inner = template(depth: 4)
            return (0..<Int.random(in: 6...10, using: &random)).reduce(inner) { template, level in
                level % 2 == 0 ? .array([template]) : .object([(RandomName.all[0], template)])
            }
        default: return .scalar(usual: Int.random(in: 0..<Self.kinds.count, using: &random))
        }
    }

    private mutating func object(depth: Int) -> Template {
        var taken: Set<[UInt8]> = []
        // Two names that some reader takes for one are rejected, but for those with dots.
        let names = RandomName.all.shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random)).filter {
            name in
            let key = name.spelling == "p.q" ? "p.q" : name.column ?? name.spelling
            return taken.insert(Array(key.utf8)).inserted
        }
        return .object(names.map { ($0, template(depth: depth + 1)) })
    }

    private mutating func fill(_ template: Template) -> RandomValue {
        switch template {
        case .scalar(let usual): return scalar(usual)
        case .array(let elements):
            var values: [RandomValue] = []
            let usual = Int.random(in: 0..<Self.kinds.count, using: &random)
            for element in elements {
                for _ in 0..<Int.random(in: 0...2, using: &random) { values.append(scalar(usual)) }
                values.append(fill(element))
            }
            return .array(values)
        case .object(let members):
            return .object(members.map { (name: $0.0, value: fill($0.1)) })
        }
    }

    private mutating func scalar(_ usual: Int) -> RandomValue {
        let isUsual = Int.random(in: 0..<10, using: &random) > 0
        let (type, texts) = Self.kinds[isUsual ? usual : Int.random(in: 0..<Self.kinds.count, using: &random)]
        return .scalar(texts[Int.random(in: 0..<texts.count, using: &random)], type)
    }

    private static let zeros = String(repeating: "0", count: 308)

    static let kinds: [(ColumnType, [String])] = [
        (.null, ["null"]), (.boolean, ["true", "false"]),
        (
            .integer(isWide: false),
            [
                "0", "-0", "7", "-12", "12345678", "-123456789", "123456789012345", "1000000000000000",
                "9007199254740992", "-9007199254740992",
            ]
        ),
        (
            .integer(isWide: true),
            [
                "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
                "1000000000000000000", "12345678901234567",
            ]
        ),
        (
            .double,
            [
                "1.5", "-0.0", "1E5", "1e-5", "12e+5", "0e0", "-0E-0", "123456789.12345678", "1e308", "1e-400",
                "1\(zeros).0", "0.\(zeros)\(zeros)1", "0.\(zeros)1e600", "17.8125000001",
            ]
        ),
        (
            .string,
            [
                #""""#, #""1""#, #""null""#, #""[{,:\"}]""#, #""\\""#, #""é\u00e9\n""#, "1e400", "-1E400", "1e309",
                "9223372036854775808", "-9223372036854775809", "12345678901234567890", "-99999999999999999999999",
                "1\(zeros)0.5", "\"\(zeros)\"",
            ]
        ),
    ]
}
