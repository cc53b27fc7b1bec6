/// Reads a row as the strictest of its readers do, and shares nothing with what wrote it: no name twice in an object,
/// whatever its case, no name of a partition column, no half of a surrogate pair, 127 levels at most.
struct StrictReader {
    private let text: [UInt8]
    private let refused: Set<String>
    private var at = 0

    static func takes(_ text: [UInt8], refusing names: Set<String>) -> Bool {
        var reader = StrictReader(text: text, refused: names)
        guard reader.skipSpace(), text[reader.at] == UInt8(ascii: "{"), reader.value(1) else { return false }
        return !reader.skipSpace()
    }

    private init(text: [UInt8], refused: Set<String>) {
        self.text = text
        self.refused = refused
    }

    /// False at the end.
    private mutating func skipSpace() -> Bool {
        while at < text.count, text[at] == 0x20 || text[at] == 0x09 { at += 1 }
        return at < text.count
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard skipSpace(), text[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func value(_ depth: Int) -> Bool {
        guard skipSpace() else { return false }
        switch text[at] {
        case UInt8(ascii: "{"): return depth <= 127 && object(depth)
        case UInt8(ascii: "["): return depth <= 127 && array(depth)
        case UInt8(ascii: "\""): return string() != nil
        default: return scalar()
        }
    }

    private mutating func object(_ depth: Int) -> Bool {
        at += 1
        var names: Set<String> = []
        if take("}") { return true }
        while let name = string()?.lowercased(), take(":"), value(depth + 1) {
            guard names.insert(name).inserted, depth > 1 || !refused.contains(name) else { return false }
            if take("}") { return true }
            guard take(",") else { return false }
        }
        return false
    }

    private mutating func array(_ depth: Int) -> Bool {
        at += 1
        if take("]") { return true }
        while value(depth + 1) {
            if take("]") { return true }
            guard take(",") else { return false }
        }
        return false
    }

    /// `nil` where it is not a string of whole characters.
    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var units: [UInt16] = []
        var plain: [UInt8] = []
        func flushed() -> [UInt16] { Array(String(decoding: plain, as: UTF8.self).utf16) }
        while at < text.count {
            let byte = text[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(validating: units + flushed(), as: UTF16.self)
            case UInt8(ascii: "\\"):
                units += flushed()
                plain = []
                guard let unit = escape() else { return nil }
                units.append(unit)
            default: plain.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> UInt16? {
        guard at < text.count else { return nil }
        let letter = text[at]
        at += 1
        let controls: [Character: UInt16] = ["b": 8, "t": 9, "n": 10, "f": 12, "r": 13]
        guard letter == UInt8(ascii: "u") else { return controls[Character(Unicode.Scalar(letter))] ?? UInt16(letter) }
        guard at + 4 <= text.count else { return nil }
        defer { at += 4 }
        return UInt16(String(decoding: text[at..<at + 4], as: UTF8.self), radix: 16)
    }

    private mutating func scalar() -> Bool {
        let start = at
        while at < text.count, !Array(",]} \t".utf8).contains(text[at]) { at += 1 }
        let word = String(decoding: text[start..<at], as: UTF8.self)
        return ["true", "false", "null"].contains(word) || Double(word) != nil
    }
}
