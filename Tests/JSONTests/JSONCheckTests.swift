import Bytes
import JSON
import Testing

private func check(_ text: String, depth: Int = JSONCheck.maximumDepth) -> JSONVerdict {
    check(Array(text.utf8), depth: depth)
}

private func check(_ bytes: [UInt8], depth: Int = JSONCheck.maximumDepth) -> JSONVerdict {
    let buffer = ByteBuffer()
    bytes.withUnsafeBytes { buffer.append($0) }
    return JSONCheck.check(buffer.padded, maximumDepth: depth)
}

@Suite struct JSONCheckTests {
    @Test(arguments: [
        "{}", #"{"a":1}"#, #" {"a" : [1, 2.5e-3, {"b":null}] , "c":"d"} "#, #"{"":""}"#, #"{"a":1,"a":2}"#,
        #"{"Adj Close":3334.709717,"Volume":18850000.0,"x":-0.0,"y":1E+05}"#, #"{"é":"😀"}"#,
    ])
    func `An object is a row`(text: String) {
        #expect(check(text) == .object([]))
    }

    @Test(arguments: [
        "1", "-0", "1e400", "true", "false", "null", #""a""#, "[]", "[1,[2,[]]]", #" ["\"\\\/\b\f\n\r\t\u00e9"] "#,
    ])
    func `Any other value is JSON but not a row`(text: String) {
        #expect(check(text) == .otherValue([]))
    }

    /// In the manner of JSONTestSuite's `n_` files.
    @Test(arguments: [
        // Nothing, or more than one value.
        ("", 0), (" ", 1), ("1 2", 2), ("{}{}", 2), ("[][]", 2), ("{},", 2), ("\"a\":1", 3), ("}", 0), ("]", 0),
        // Objects and arrays.
        ("{", 1), ("[", 1), ("{]", 1), ("[}", 1), ("[1", 2), ("{\"a\"}", 4), ("{\"a\":}", 5), ("{\"a\":1", 6),
        ("{\"a\":1,}", 7), ("[1,]", 3), ("[,1]", 1), ("[1,,2]", 3), ("{,}", 1), ("{\"a\" 1}", 5),
        ("{\"a\":1 \"b\":2}", 7),
        ("{\"a\",1}", 4), ("{a:1}", 1), ("{1:2}", 1), ("{\"a\":1:2}", 6), ("[\"a\":1]", 4), ("{\"a\":\"b\":1}", 8),
        ("[1 2]", 3), ("[\"a\" \"b\"]", 5), ("{[]:1}", 1), ("{\"a\":1]", 6), ("[1}", 2), ("[1]]", 3), ("{'a':1}", 1),
        // Numbers.
        ("01", 1), ("-", 1), ("-01", 2), ("+1", 0), (".5", 0), ("1.", 2), ("1.e5", 2), ("1e", 2), ("1e+", 3),
        ("1.2.3", 3),
        ("0x1", 1), ("1_000", 1), ("1-2", 1), ("--1", 1), ("1e5.5", 3), ("1e5e5", 3), ("1a", 1), ("00", 1), ("-.5", 1),
        ("[0e+-1]", 4), ("1e05-", 4), ("٣", 0),
        // Names that JSON does not have, Python's among them.
        ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("{\"a\":NaN}", 5), ("True", 0), ("None", 0), ("nul", 3),
        ("truee", 4), ("true1", 4), ("tru", 3), ("fals}", 4), ("[truefalse]", 5), ("undefined", 0),
        // Strings.
        ("\"a", 2), ("\"", 1), ("\"\\\"", 3), ("\"\\x\"", 2), ("\"\\u12\"", 5), ("\"\\u12g4\"", 5), ("\"\\U0041\"", 2),
        ("\"\\", 2), ("\"a\nb\"", 2), ("\"a\tb\"", 2), ("\"\u{0}\"", 1), ("\"\u{1F}\"", 1), ("a", 0), ("\"a\"b", 3),
        // White space that JSON does not have; a byte order mark; comments.
        ("\u{FEFF}{}", 0), ("{\u{A0}}", 1), ("\u{C}{}", 0), ("{}\u{0}", 2), ("{}//", 2), ("/**/{}", 0),
        ("\u{2028}1", 0),
    ])
    func `What is not JSON is refused at the byte where it goes wrong`(text: String, offset: Int) {
        #expect(check(text) == .malformed(at: offset))
        // Wherever it stands in a block.
        #expect(check(String(repeating: " ", count: 61) + text) == .malformed(at: offset + 61))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xC3],
            [0xE2, 0x82],
            [0xF0, 0x9F, 0x98], [0xC3, 0x28], [0xE9, 0x20], [0xBF], [0xC3, 0xC3, 0xA9],
        ] as [[UInt8]])
    func `Bytes that are not UTF-8 are refused, inside strings and outside`(bytes: [UInt8]) {
        #expect(check(Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)) == .notUTF8(at: 6))
        #expect(check(Array("[1]".utf8) + bytes) == .notUTF8(at: 3))
        #expect(check(Array("[\"é".utf8) + bytes) == .notUTF8(at: 4))
    }

    @Test func `Every code point passes in UTF-8, at the first and last of each length too`() {
        for point: UInt32 in [
            0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF,
        ] {
            let character = Unicode.Scalar(point).map(Character.init) ?? " "
            #expect(check("{\"a\":\"\(character)\"}") == .object([]), "U+\(String(point, radix: 16))")
        }
    }

    @Test func `Brackets may nest as deep as allowed, of either kind, and no deeper`() {
        for depth in [0, 1, 2, 63, 64, 65, 512, 1024] {
            let mixed = (0..<depth).map { $0 % 2 == 0 ? "[" : "{\"a\":" }.joined()
            let closers = (0..<depth).reversed().map { $0 % 2 == 0 ? "]" : "}" }.joined()
            let inside = mixed + "1" + closers
            #expect(check(inside, depth: depth) == .otherValue([]))
            if depth > 0 {
                let offset = (0..<depth - 1).map { $0 % 2 == 0 ? 1 : 5 }.reduce(0, +)
                #expect(check(inside, depth: depth - 1) == .tooDeep(at: offset))
            }
        }
        #expect(check(String(repeating: "[", count: 100_000)) == .tooDeep(at: 512))
        #expect(check(String(repeating: "[", count: 5_000), depth: .max) == .tooDeep(at: 1024))
    }

    @Test func `A line break outside strings is told, one inside a string as an escape is not`() {
        #expect(check("{\n}") == .object(.lineBreaks))
        #expect(check("{\"a\":\r1}") == .object(.lineBreaks))
        #expect(check("{}\n") == .object(.lineBreaks))
        #expect(check("{\t \"a\\n\": 1}") == .object([]))
    }

    @Test func `Half of a surrogate pair is told, a whole one is not`() {
        for lone in [
            #"\ud800"#, #"\uDFFF"#, #"\udc00\ud800"#, #"\ud83d\n"#, #"\ud83d\ud83d\ude00"#, #"\ud83d\ude00\ude00"#,
            #"\ud83d \ude00"#,
        ] {
            #expect(check("{\"a\":\"\(lone)\"}") == .object(.loneSurrogate), "\(lone)")
        }
        for whole in [#"\ud83d\ude00"#, #"\uDBFF\uDFFF\uD800\uDC00"#, #"\ud7ff\ue000"#] {
            #expect(check("{\"a\":\"\(whole)\"}") == .object([]), "\(whole)")
        }
    }

    @Test func `An empty buffer pointer without memory is an empty text`() {
        let empty = ByteBuffer()
        #expect(JSONCheck.check(empty.padded) == .malformed(at: 0))
    }
}
