import TableSchema
import Testing

@Suite struct ColumnNameTests {
    /// What Java's `toLowerCase` gives, by which Glue and the SerDes find a member's column.
    @Test(arguments: [
        ("Close", "close"), ("ÄÖ", "äö"), ("İd", "i̇d"), ("a.B", "a_b"), ("ΚΩΔΙΚΟΣ", "κωδικος"), ("Σ", "σ"),
        ("ΣΟΦΟΣ", "σοφος"), ("ΟΔΟΣ ΑΣ1", "οδος ας1"), ("ΑΣ.ΒΣ", "ασ_βς"), ("ΑΣ\u{301}", "ας\u{301}"),
    ])
    func `A member is found in lower case, as Java lowers it`(name: String, column: String) {
        #expect(ColumnName.forReaders(name).unicodeScalars.elementsEqual(column.unicodeScalars))
    }

    @Test func `A column has a name that Glue and the SerDe take for one`() {
        for name in ["a", "adj close", "é", "数", "_id", "😀", String(repeating: "n", count: 255)] {
            #expect(ColumnName.canBeColumn(name), "\(name)")
        }
        for name in [
            "", " ", "\u{A0}", "\u{3000} ", "a,b", "a|b", "a\nb", "a\u{FFFE}", "a\u{FFFF}",
            String(repeating: "n", count: 256),
        ] {
            #expect(!ColumnName.canBeColumn(name), "\(name.debugDescription)")
        }
    }
}
