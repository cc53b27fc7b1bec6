import Bytes
import JSON
import TableSchema

/// The columns that the rows of a draft need, read from their lines.
struct RowColumns {
    private(set) var schema = RowSchema()
    /// The row that brought a column, by the column's name.
    private(set) var places: [String: String] = [:]

    mutating func add(_ draft: ObjectDraft) {
        for index in draft.records.indices {
            let line = ByteBuffer()
            line.append(draft.lines(index..<index + 1))
            let row = withExtendedLifetime(line) {
                var cursor = JSONCursor(line.padded)
                return (try? fields(&cursor)) ?? []
            }
            for field in row where places[field.name] == nil {
                places[field.name] = "\(draft.topicPartition)@\(draft.records[index].offset)"
            }
            schema = schema.merged(with: RowSchema(row))
        }
    }

    private func fields(_ cursor: inout JSONCursor) throws(JSONError) -> [ColumnType.Field] {
        var fields: [ColumnType.Field] = []
        var isFirst = true
        try cursor.enterObject()
        while let member = try cursor.nextName(&isFirst) {
            let name = ColumnName.forReaders(member.text)
            let type = try type(&cursor, level: 1)
            if ColumnName.canBeColumn(name) { fields.append(ColumnType.Field(name: name, type: type)) }
        }
        return fields
    }

    private func type(_ cursor: inout JSONCursor, level: Int) throws(JSONError) -> ColumnType {
        let next = cursor.peek()
        let start = cursor.position
        guard next == UInt8(ascii: "{") || next == UInt8(ascii: "["), level <= ColumnType.mostLevels else {
            try cursor.skipValue()
            return scalar(UnsafeRawBufferPointer(start: start, count: cursor.position - start))
        }
        var isFirst = true
        guard next == UInt8(ascii: "{") else {
            var element = ColumnType.null
            try cursor.enterArray()
            while try cursor.nextElement(&isFirst) {
                element = element.merged(with: try type(&cursor, level: level + 1))
            }
            return .array(element)
        }
        var structure = ColumnType.structure([])
        try cursor.enterObject()
        while let member = try cursor.nextName(&isFirst) {
            let name = ColumnName.forReaders(member.text)
            let type = try type(&cursor, level: level + 1)
            let field = ColumnType.structure([ColumnType.Field(name: name, type: type)])
            structure = structure.merged(with: ColumnName.canBeField(name) ? field : .string)
        }
        return structure
    }

    private func scalar(_ text: UnsafeRawBufferPointer) -> ColumnType {
        switch text.first {
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["): return .string
        default: break
        }
        let isFraction = text.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        if isFraction { return .double }
        guard let number = Int64(String(decoding: text, as: UTF8.self)) else { return .string }
        return .integer(isWide: number.magnitude > 1 << 53)
    }
}
