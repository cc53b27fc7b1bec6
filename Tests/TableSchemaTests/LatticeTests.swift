import TableSchema
import TestParts
import Testing

@Suite struct LatticeTests {
    /// The types of scalars, from the page of rules rather than from the code.
    @Test func `Scalars meet as the rules say`() {
        let integer = ColumnType.integer(isWide: false)
        let wide = ColumnType.integer(isWide: true)
        let object = ColumnType.structure([.init(name: "a", type: integer)])
        let rules: [(ColumnType, ColumnType, ColumnType)] = [
            (.null, .boolean, .boolean), (.boolean, integer, .string), (.boolean, .double, .string),
            (integer, .double, .double), (integer, wide, wide), (wide, .double, .string), (integer, .string, .string),
            (.array(.null), integer, .string), (.array(integer), .array(.double), .array(.double)),
            (.array(.null), .array(object), .array(object)), (.array(integer), object, .string),
            (object, .boolean, .string), (object, .null, object), (.structure([]), object, object),
            (.other("int"), .string, .other("int")), (object, .other("map<string,int>"), .other("map<string,int>")),
        ]
        for (one, other, both) in rules {
            #expect(one.merged(with: other) == both)
            #expect(other.merged(with: one) == both)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `Types merge to the same whatever the order, and merging again changes nothing`(seed: UInt64) {
        var random = RandomTypes(seed: seed)
        for _ in 0..<2000 {
            let (a, b, c) = (random.type(chosen: true), random.type(chosen: true), random.type(chosen: true))
            let ab = a.merged(with: b)
            #expect(ab.sorted == b.merged(with: a).sorted)
            #expect(ab.merged(with: c) == a.merged(with: b.merged(with: c)))
            #expect(a.merged(with: a) == a && ab.merged(with: b) == ab && ab.merged(with: a) == ab)
            #expect(a.contains(b) == (ab == a))
            #expect(ab.contains(a) && ab.contains(b))
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `Schemas merge to the same whatever the order, and merging again changes nothing`(seed: UInt64) {
        var random = RandomTypes(seed: seed)
        for _ in 0..<1000 {
            let (a, b, c) = (random.schema(), random.schema(chosen: true), random.schema())
            let ab = a.merged(with: b)
            #expect(ab.sorted == b.merged(with: a).sorted)
            #expect(ab.merged(with: c).stored == a.merged(with: b.merged(with: c)).stored)
            #expect(a.merged(with: a).stored == a.stored && ab.merged(with: b).stored == ab.stored)
            #expect(a.contains(b) == (ab.stored == a.stored))
            // Columns stay where they are.
            #expect(ab.fields.prefix(a.fields.count).map(\.name) == a.fields.map(\.name))
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `The stored form gives the same back`(seed: UInt64) {
        var random = RandomTypes(seed: seed)
        for _ in 0..<1000 {
            let type = random.type(chosen: true)
            #expect(ColumnType(stored: type.stored[...]) == type)
            var fields = random.schema(chosen: true).fields
            fields.append(.init(name: "a:b,{c}[d](e)%\n\u{7F} é", type: type))
            let schema = RowSchema(fields)
            #expect(RowSchema(stored: schema.stored[...])?.fields == schema.fields)
        }
        #expect(RowSchema(stored: "")?.fields.isEmpty == true)
    }

    @Test(arguments: [
        "a", "a:", ":x", "a:i,", "a:i b:i", "a:[i", "a:{b:i", "a:{b:i}}", "a:%4", "a%4z:i", "a:(int", "a:ii", "a]:i",
        "a:" + String(repeating: "[", count: 9_000),
    ])
    func `What is not a stored form is none`(text: String) {
        #expect(RowSchema(stored: text[...]) == nil)
    }

    @Test func `Null is never a column, nor a field`() {
        let fields = [ColumnType.Field(name: "a", type: .null), ColumnType.Field(name: "b", type: .boolean)]
        #expect(RowSchema(fields).fields.map(\.name) == ["b"])
        #expect(RowSchema().contains(RowSchema([fields[0]])))
        #expect(ColumnType.structure([]).merged(with: .structure(fields)) == .structure([fields[1]]))
        #expect(RowSchema(stored: "a:n,b:b")?.fields.map(\.name) == ["b"])
    }
}

@Suite struct BoundsTests {
    private func columns(_ numbers: Range<Int>, _ type: ColumnType = .boolean) -> RowSchema {
        RowSchema(numbers.map { ColumnType.Field(name: "c\($0)", type: type) })
    }

    @Test func `A full table gets no further columns, and those it has still widen`() {
        let full = columns(0..<400).merged(with: columns(300..<600))
        #expect(full.isFull)
        #expect(full.fields.map(\.name) == (0..<500).map { "c\($0)" })
        #expect(full.contains(columns(0..<600)))
        #expect(!full.contains(columns(499..<501, .string)))
        #expect(full.merged(with: columns(499..<501, .string))["c499"] == .string)
    }

    @Test func `A table that has more columns than it would get keeps them, and they widen`() {
        let large = columns(0..<600)
        #expect(large.contains(columns(590..<700)))
        #expect(!large.contains(columns(599..<600, .string)))
        let wider = large.merged(with: columns(599..<700, .string))
        #expect(wider.fields.count == 600 && wider["c599"] == .string)
        let long = columns(
            0..<1, .structure((0..<2_000).map { .init(name: "a_long_name_\($0)", type: .array(.double)) }))
        #expect(long.merged(with: columns(1..<2)).fields.first == long.fields.first)
    }

    @Test func `An object of too many names is text, in whatever order they come`() {
        let names = (0...ColumnType.mostFields).map { ColumnType.Field(name: "k\($0)", type: .boolean) }
        let few = ColumnType.structure(Array(names.dropLast()))
        let last = ColumnType.structure([names[ColumnType.mostFields]])
        #expect(few.merged(with: few) == few)
        #expect(few.merged(with: last) == .string && last.merged(with: few) == .string)
    }

    @Test func `A schema stays within what Glue takes`() {
        let wide = ColumnType.structure((0..<400).map { .init(name: "name\($0)", type: .array(.double)) })
        let deep = ColumnType.structure((0..<20).map { .init(name: "o\($0)", type: wide) })
        #expect(RowSchema().merged(with: columns(0..<1, deep))["c0"] == .string)
        let many = RowSchema().merged(with: columns(0..<500, wide))
        #expect(many.stored.utf8.count <= RowSchema.longestStored)
        #expect(many.fields.count == 500)
        #expect(many.fields.allSatisfy { ($0.type.hive ?? "").utf8.count <= 131_072 })
        #expect(many.merged(with: many) == many)
    }
}
