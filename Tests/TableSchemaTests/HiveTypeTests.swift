import TableSchema
import Testing

@Suite struct HiveTypeTests {
    @Test(arguments: [
        ("boolean", ColumnType.boolean), ("bigint", .integer(isWide: false)), ("double", .double), ("string", .string),
        ("array<string>", .array(.string)),
        (
            "struct<a:bigint,b:array<struct<c:double>>>",
            .structure([
                .init(name: "a", type: .integer(isWide: false)),
                .init(name: "b", type: .array(.structure([.init(name: "c", type: .double)]))),
            ])
        ),
        ("int", .other("int")), ("decimal(10,2)", .other("decimal(10,2)")),
        ("map<string,struct<a:int>>", .other("map<string,struct<a:int>>")),
        ("array<timestamp>", .array(.other("timestamp"))),
    ])
    func `A column's type is read and written`(text: String, type: ColumnType) {
        #expect(ColumnType(hive: text) == type)
        #expect(type.hive == text)
    }

    @Test(arguments: [
        (" BIGINT ", "bigint"), ("Array < String >", "array<string>"), ("struct< userId : int >", "struct<userid:int>"),
        ("struct<`a`:string, b:Double>", "struct<a:string,b:double>"), ("decimal (10, 2)", "decimal (10, 2)"),
    ])
    func `Another spelling is the same type`(text: String, hive: String) {
        #expect(ColumnType(hive: text)?.hive == hive)
    }

    @Test(arguments: [
        "array", "array<", "array<string", "struct<a>", "struct<a:>", "struct<:int>", "array<string>>", "map<a", "<>",
        "9",
        "struct<a:int comment 'x'>", String(repeating: "array<", count: 9_000),
    ])
    func `What cannot be read is kept as it is`(text: String) {
        #expect(ColumnType(hive: text) == .other(text))
    }

    @Test(arguments: [
        ColumnType.null, .array(.null), .structure([]), .array(.array(.null)),
        .structure([.init(name: "a", type: .null), .init(name: "b", type: .array(.structure([])))]),
    ])
    func `What has had no value has no column`(type: ColumnType) {
        #expect(type.hive == nil)
        #expect(ColumnType(hive: "") == nil)
    }
}
