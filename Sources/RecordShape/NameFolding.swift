import Bytes
import JSON

/// Brings names that some reader takes for the same column to the same bytes.
///
/// Glue and Athena, Spark, Trino and Hive lower a name as Java does, by all of Unicode; DuckDB lowers ASCII alone; and
/// some compare letter by letter, in upper case first. What any of these makes equal is equal here: each character is
/// raised, then lowered, where that leaves one character. So are `ſ` and `s`, the Kelvin sign and `k`, the three
/// sigmas, and `İ`, `I`, `ı` and `i`. An accent that is a character of its own stays one: to readers `é` and `e´`
/// differ.
enum NameFolding {
    /// - Parameter name: as it is in a valid JSON text, between its quotes.
    static func append(_ name: PaddedBytes, to folded: ByteBuffer) {
        let start = folded.count
        folded.reserve(name.count)
        for byte in name.bytes {
            guard byte < 0x80, byte != UInt8(ascii: "\\") else {
                folded.truncate(to: start)
                return append(
                    JSONString(raw: name, hasEscapes: name.bytes.contains(UInt8(ascii: "\\"))).text, to: folded)
            }
            folded.append(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
        }
    }

    static func append(_ name: String, to folded: ByteBuffer) {
        var last: Unicode.Scalar?
        for scalar in name.unicodeScalars {
            let lowered = fold(scalar)
            // Java lowers `İ` to an i with a dot of its own above it.
            if lowered == "\u{307}", last == "i" { continue }
            UTF8.encode(lowered)?.forEach { folded.append($0) }
            last = lowered
        }
    }

    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar == "\u{130}" { return "i" }
        let raised = only(scalar.properties.uppercaseMapping) ?? scalar
        return only(raised.properties.lowercaseMapping) ?? raised
    }

    private static func only(_ mapping: String) -> Unicode.Scalar? {
        mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first : nil
    }
}
