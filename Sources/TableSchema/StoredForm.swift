import Bytes

// The text in which a table keeps what its columns' Hive types cannot say: columns that were only ever `[]` or `{}`,
// and whether integers were wide.
//
//     schema  name:type,name:type
//     type    n null   b boolean   i integer   w wide integer   d double   s string
//             [type]   {name:type,name:type}   (a Hive type)
//
// In names and Hive types, `%` and two hexadecimal digits stand for each byte that would end them.

extension RowSchema {
    package var stored: String {
        let text = ByteBuffer()
        StoredForm.append(fields, to: text)
        return text.text
    }

    /// - Returns: `nil` where the text is not of this form.
    package init?(stored: Substring) {
        var reader = StoredForm(stored)
        guard let fields = reader.fields(depth: 0), reader.isAtEnd else { return nil }
        self.init(fields)
    }
}

extension ColumnType {
    package var stored: String {
        let text = ByteBuffer()
        StoredForm.append(self, to: text)
        return text.text
    }

    /// - Returns: `nil` where the text is not of this form.
    package init?(stored: Substring) {
        var reader = StoredForm(stored)
        guard let type = reader.type(depth: 0), reader.isAtEnd else { return nil }
        self = type
    }
}

extension ColumnType.Field {
    /// At least the length of its stored form, and of its type's Hive form, in bytes.
    var storedLength: Int { name.utf8.count * 3 + 2 + type.storedLength }
}

extension ColumnType {
    fileprivate var storedLength: Int {
        switch self {
        case .null, .boolean, .integer, .double, .string: 7
        case .array(let element): element.storedLength + 7
        case .structure(let fields): fields.reduce(8) { $0 + $1.storedLength }
        case .other(let type): type.utf8.count * 3 + 2
        }
    }
}

private struct StoredForm {
    private let bytes: [UInt8]
    private var at = 0

    /// The table's parameter may hold anything: what is nested deeper is not read, rather than overflowing the stack.
    private static let mostLevels = 64

    init(_ text: Substring) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { at == bytes.count }

    // MARK: Writing

    static func append(_ fields: [ColumnType.Field], to text: ByteBuffer) {
        for (place, field) in fields.enumerated() {
            if place > 0 { text.append(",") }
            append(escaping: field.name, to: text)
            text.append(":")
            append(field.type, to: text)
        }
    }

    static func append(_ type: ColumnType, to text: ByteBuffer) {
        switch type {
        case .null: text.append("n")
        case .boolean: text.append("b")
        case .integer(let isWide): text.append(isWide ? "w" : "i")
        case .double: text.append("d")
        case .string: text.append("s")
        case .array(let element):
            text.append("[")
            append(element, to: text)
            text.append("]")
        case .structure(let fields):
            text.append("{")
            append(fields, to: text)
            text.append("}")
        case .other(let hive):
            text.append("(")
            append(escaping: hive, to: text)
            text.append(")")
        }
    }

    private static func append(escaping name: String, to text: ByteBuffer) {
        for byte in name.utf8 {
            if isSpecial(byte) { text.append(percentEscape: byte) } else { text.append(byte) }
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "%"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "("), UInt8(ascii: ")"), 0..<0x20, 0x7F:
            true
        default: false
        }
    }

    // MARK: Reading

    mutating func fields(depth: Int) -> [ColumnType.Field]? {
        guard !isAtEnd, bytes[at] != UInt8(ascii: "}") else { return [] }
        var fields: [ColumnType.Field] = []
        repeat {
            guard let name = text(until: UInt8(ascii: ":")), let type = type(depth: depth) else { return nil }
            fields.append(ColumnType.Field(name: name, type: type))
        } while skip(UInt8(ascii: ","))
        return fields
    }

    mutating func type(depth: Int) -> ColumnType? {
        guard !isAtEnd, depth < Self.mostLevels else { return nil }
        at += 1
        switch bytes[at - 1] {
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "b"): return .boolean
        case UInt8(ascii: "i"): return .integer(isWide: false)
        case UInt8(ascii: "w"): return .integer(isWide: true)
        case UInt8(ascii: "d"): return .double
        case UInt8(ascii: "s"): return .string
        case UInt8(ascii: "["):
            guard let element = type(depth: depth + 1), skip(UInt8(ascii: "]")) else { return nil }
            return .array(element)
        case UInt8(ascii: "{"):
            guard let fields = fields(depth: depth + 1), skip(UInt8(ascii: "}")) else { return nil }
            return .structure(fields)
        case UInt8(ascii: "("): return text(until: UInt8(ascii: ")")).map(ColumnType.other)
        default: return nil
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard !isAtEnd, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// The text up to `end`, which is stepped over.
    private mutating func text(until end: UInt8) -> String? {
        var text: [UInt8] = []
        while !isAtEnd, bytes[at] != end {
            guard bytes[at] == UInt8(ascii: "%") else {
                guard !Self.isSpecial(bytes[at]) else { return nil }
                text.append(bytes[at])
                at += 1
                continue
            }
            guard at + 2 < bytes.count, let high = value(bytes[at + 1]), let low = value(bytes[at + 2]) else {
                return nil
            }
            text.append(high << 4 | low)
            at += 3
        }
        return skip(end) ? String(validating: text, as: UTF8.self) : nil
    }

    /// Digits are written in upper case: there is one text for one schema.
    private func value(_ digit: UInt8) -> UInt8? {
        hexValue(digit).flatMap { hexDigit($0, isUppercase: true) == digit ? $0 : nil }
    }
}
