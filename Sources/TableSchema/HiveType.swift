// Types as the Glue Data Catalog has them: Hive's, in text (`array<struct<name:string,price:double>>`).

extension ColumnType {
    /// `nil` where nothing has been seen that would make a column: null, arrays without elements, objects without
    /// fields.
    package var hive: String? {
        switch self {
        case .null: nil
        case .boolean: "boolean"
        case .integer: "bigint"
        case .double: "double"
        case .string: "string"
        case .array(let element): element.hive.map { "array<\($0)>" }
        case .structure(let fields): Self.hive(of: fields)
        case .other(let type): type
        }
    }

    private static func hive(of fields: [Field]) -> String? {
        let known = fields.compactMap { field in field.type.hive.map { "\(field.name):\($0)" } }
        return known.isEmpty ? nil : "struct<\(known.joined(separator: ","))>"
    }

    /// The type of a column of the table.
    ///
    /// What is never learned becomes `.other`, and so does what cannot be read. Names of fields become lower case,
    /// which for readers are the same names.
    /// - Returns: `nil` where there is no text at all.
    package init?(hive: String) {
        var reader = HiveTypeReader(hive)
        if let type = reader.type(depth: 0), reader.isAtEnd {
            self = type
        } else {
            let text = String(decoding: HiveTypeReader.trimmed(Array(hive.utf8)[...]), as: UTF8.self)
            guard !text.isEmpty else { return nil }
            self = .other(text)
        }
    }
}

private struct HiveTypeReader {
    private let bytes: [UInt8]
    private var at = 0

    /// The catalog may hold anything: what is nested deeper is not read, rather than overflowing the stack.
    private static let mostLevels = 64

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return at == bytes.count
        }
    }

    mutating func type(depth: Int) -> ColumnType? {
        guard depth < Self.mostLevels else { return nil }
        skipSpace()
        let start = at
        while at < bytes.count, isLetter(bytes[at]) { at += 1 }
        let name = String(decoding: bytes[start..<at], as: UTF8.self).lowercased()
        switch name {
        case "boolean": return .boolean
        case "bigint": return .integer(isWide: false)
        case "double": return .double
        case "string": return .string
        case "array" where skip("<"):
            guard let element = type(depth: depth + 1), skip(">") else { return nil }
            return .array(element)
        case "struct" where skip("<"): return structure(depth: depth + 1)
        case "": return nil
        default: return other(from: start)
        }
    }

    private mutating func structure(depth: Int) -> ColumnType? {
        if skip(">") { return .structure([]) }
        var fields: [ColumnType.Field] = []
        repeat {
            guard let name = fieldName(), let type = type(depth: depth) else { return nil }
            fields.append(ColumnType.Field(name: name, type: type))
        } while skip(",")
        return skip(">") ? .structure(fields) : nil
    }

    /// Up to its colon.
    private mutating func fieldName() -> String? {
        skipSpace()
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: ":"), !isBracketOrComma(bytes[at]) { at += 1 }
        var name = Self.trimmed(bytes[start..<at])
        let quote = UInt8(ascii: "`")
        if name.count > 2, name.first == quote, name.last == quote { name = name.dropFirst().dropLast() }
        guard skip(":"), !name.isEmpty else { return nil }
        return ColumnName.lowered(String(decoding: name, as: UTF8.self))
    }

    /// A name with what it has in brackets: `decimal(10,2)`, `map<string,int>`.
    private mutating func other(from start: Int) -> ColumnType? {
        while at < bytes.count, isLetter(bytes[at]) || bytes[at] &- 48 < 10 || bytes[at] == UInt8(ascii: "_") {
            at += 1
        }
        var end = at
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "(") || bytes[at] == UInt8(ascii: "<") {
            guard skipBrackets() else { return nil }
            end = at
        } else {
            at = end
        }
        return .other(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private mutating func skipBrackets() -> Bool {
        var open = 0
        repeat {
            guard at < bytes.count else { return false }
            switch bytes[at] {
            case UInt8(ascii: "("), UInt8(ascii: "<"): open += 1
            case UInt8(ascii: ")"), UInt8(ascii: ">"): open -= 1
            default: break
            }
            at += 1
        } while open > 0
        return true
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.endIndex
        let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? start
        return bytes[start..<end]
    }

    private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    private func isBracketOrComma(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: ",")
    }
}
