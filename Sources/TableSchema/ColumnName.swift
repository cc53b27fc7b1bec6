/// Names of members as names of columns.
package enum ColumnName {
    /// The column that a member with this name is read into.
    ///
    /// In lower case by all of Unicode, as Glue, Hive and both JSON SerDes make it; with `_` for each dot, which the
    /// OpenX SerDe reads with `dots.in.keys=TRUE`. Athena has no dots in names. [Athena guide, OpenX JSON SerDe]
    /// A member `a_b` and a member `a.b` share a column, whichever a row has.
    package static func forReaders(_ name: String) -> String {
        let lowered = lowered(name)
        guard lowered.utf8.contains(UInt8(ascii: ".")) else { return lowered }
        return String(String.UnicodeScalarView(lowered.unicodeScalars.map { $0 == "." ? "_" : $0 }))
    }

    /// As Java does it: a capital sigma at the end of a word becomes the final one, `ΟΔΟΣ` `οδος`, which Swift does
    /// not. [Unicode, SpecialCasing.txt, Final_Sigma]
    static func lowered(_ name: String) -> String {
        guard name.unicodeScalars.contains("\u{3A3}") else { return name.lowercased() }
        let scalars = Array(name.unicodeScalars)
        return scalars.indices.map { place in
            guard scalars[place] == "\u{3A3}" else { return scalars[place].properties.lowercaseMapping }
            let follows = isCased(scalars[..<place].last { !$0.properties.isCaseIgnorable })
            let precedes = isCased(scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable })
            return follows && !precedes ? "ς" : "σ"
        }.joined()
    }

    private static func isCased(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isCased ?? false }

    /// Whether a table can have a column of this name, which is as `forReaders` gives it.
    ///
    /// Glue takes 1 to 255 bytes in one line, up to U+FFFD of the first plane. Hive hands a SerDe its columns as a list
    /// with commas between the names: one with a comma would move all columns after it. And the OpenX SerDe takes `a|b`
    /// for either of two names: it would read `a`, whose type may be another. A blank name may end every query, and
    /// says nothing.
    package static func canBeColumn(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && !name.unicodeScalars.allSatisfy(\.properties.isWhitespace)
            && !name.unicodeScalars.contains { $0.value & 0xFFFE == 0xFFFE }
            && !name.utf8.contains { byte in
                byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "|")
            }
    }

    /// Whether a `struct<…>` can hold a field of this name.
    ///
    /// What the parsers of types in all versions of Hive (TypeInfoUtils) and Trino have in common: Java's letters and
    /// digits, each of one UTF-16 unit, and `_`. Any other name makes the type unreadable, and the table with it.
    package static func canBeField(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.unicodeScalars.allSatisfy(isTypeCharacter)
    }

    private static func isTypeCharacter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            let byte = UInt8(truncatingIfNeeded: scalar.value)
            return (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "_")
        }
        guard scalar.value <= 0xFFFF else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
            return true
        default: return false
        }
    }
}
