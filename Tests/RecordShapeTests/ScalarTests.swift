import Bytes
import CVector
import JSON
import TestParts
import Testing

@testable import RecordShape

/// A text with its outline; the text comes after others, as rows do.
private struct Outlined {
    let body = ByteBuffer()
    let outline = JSONOutline()
    let start: Int

    init(_ text: String) {
        body.append(#"{"before":"1"}"#)
        start = body.count
        body.append(text)
        guard case .object = JSONCheck.check(body.padded.suffix(from: start), outline: outline) else {
            Issue.record("\(text) is not an object")
            return
        }
    }

    var text: PaddedBytes { body.padded.suffix(from: start) }
}

/// Texts of few shapes, with any scalars and white space.
private struct RandomTexts {
    private var random: SplitMix
    private static let scalars = [
        "null", "true", "false", "0", "-0", "-12", "123456789012345", "1234567890123456", "9007199254740993", "-1",
        "9223372036854775808", "12345678901234567890123", "1.5", "-1.5", "1e5", "1E400", "17.812500953674316",
        "123456789012.25", "1234567890123e0", "0.1e-7", #""""#, #""1.5""#, #""{\"a\":[""#, #""e""#,
    ]
    private static let names = ["a", "e", "E1", "1.5e3", "a name that takes more than a piece", #"q\":"#, #"b\\"#]

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func object(members: Int, usual: Int, _ space: String) -> String {
        let members = (0..<members).map { number in
            "\(space)\"\(Self.names[number])\"\(space):\(space)\(value(number, usual, space))\(space)"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private mutating func value(_ number: Int, _ usual: Int, _ space: String) -> String {
        switch number {
        case 2:
            let elements = (0..<Int.random(in: 0...3, using: &random)).map { _ in scalar(usual) }
            return "[\(elements.joined(separator: "\(space),\(space)"))]"
        case 4: return "[{\"a\":\(scalar(usual))}\(space),\(scalar(usual))\(space)]"
        case 5: return "{\"n\":\(space)\(scalar(usual))}"
        default: return scalar(usual)
        }
    }

    private mutating func scalar(_ usual: Int) -> String {
        let isUsual = Int.random(in: 0..<12, using: &random) > 0
        return Self.scalars[isUsual ? usual : number(0..<Self.scalars.count)]
    }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    static var scalarCount: Int { scalars.count }
}

@Suite struct ScalarTests {
    @Test func `A value's kind is that of its column`() throws(JSONError) {
        let kinds: [(String, JSONScalar)] = [
            ("null", .null), ("false", .boolean), ("-0", .integer(isWide: false)), ("1E5", .double), ("1e400", .text),
            ("9007199254740992", .integer(isWide: false)), ("-9007199254740993", .integer(isWide: true)),
            ("9223372036854775807", .integer(isWide: true)), ("9223372036854775808", .text), ("\"1\"", .text),
            ("-9223372036854775808", .integer(isWide: true)), ("-0.0", .double),
        ]
        for (text, kind) in kinds {
            let body = ByteBuffer()
            body.append(text)
            // A number at the end of a text ends there, whatever follows in memory.
            var cursor = JSONCursor(body.padded)
            #expect(try cursor.readScalar() == kind)
        }
    }

    /// The one loop over names and scalars, against the two loops that it stands for.
    @Test(arguments: 0..<16 as Range<UInt64>)
    func `A text follows exactly where it has the shape and each scalar's kind was there before`(seed: UInt64) throws {
        var random = RandomTexts(seed: seed)
        for _ in 0..<1500 {
            let (members, usual) = (random.number(0..<8), random.number(0..<RandomTexts.scalarCount))
            let space = ["", "", " ", " \n "][random.number(0..<4)]
            let first = Outlined(random.object(members: members, usual: usual, space))
            let known = try #require(KnownShape(of: first.text.bytes, first.outline, nil, withScalars: true))
            defer { known.forget() }
            let places = try #require(known.scalars)
            for _ in 0..<6 {
                _ = cv_json_take_scalars(first.text.start, first.outline.marks, places)
                let other = random.number(0..<8) > 0 ? members : random.number(0..<8)
                let next = Outlined(random.object(members: other, usual: usual, space))
                let (text, marks) = (next.text.start, next.outline.marks)
                let hasShape = cv_json_has_shape(text, marks, known.shape)
                let follows = cv_json_follows(text, marks, known.shape, places)
                let isNews = hasShape && cv_json_take_scalars(text, marks, places)
                #expect(follows == (hasShape && !isNews), "\(next.text.bytes.count) bytes, seed \(seed)")
                #expect(!hasShape || cv_json_follows(text, marks, known.shape, places))
            }
        }
    }

    @Test func `A record is news once for its shape and once for each kind of value`() {
        let memory = ShapeMemory(reserved: [], noticesScalars: true)
        let texts: [(String, Bool)] = [
            (#"{"a":1,"b":[]}"#, true), (#"{"a":2,"b":[]}"#, false), (#"{"a":2,"b":[1]}"#, true),
            (#"{"a":null,"b":[null,3]}"#, false), (#"{"a":2.5,"b":[1]}"#, true), (#"{"a":2,"b":[ 3 ]}"#, false),
            (#"{"c":null}"#, true), (#"{"c":null}"#, false), (#"{"a":"x","b":[]}"#, true),
            (#"{"a":true,"b":[]}"#, false),
            (#"{"c":"\ud800"}"#, false), (#"{"c":7}"#, true), (#"{"c":1,"C":2}"#, false), (#"{"c":"x"}"#, true),
            ("{\"c\":\n\"y\"}", false), ("{}", true), ("{}", false), ("[1]", false),
        ]
        let body = ByteBuffer()
        for (text, isNews) in texts {
            let start = body.count
            body.append(text)
            let (_, _, hasNews) = memory.checkForNews(body.padded.suffix(from: start))
            #expect(hasNews == isNews, "\(text)")
        }
    }

    @Test func `Each of ten shapes in turn is news once, and so is each that was forgotten`() {
        let memory = ShapeMemory(reserved: [], noticesScalars: true)
        let body = ByteBuffer()
        func hasNews(_ number: Int) -> Bool {
            let start = body.count
            body.append("{\"n\(number)\":\(number)}")
            return memory.checkForNews(body.padded.suffix(from: start)).hasNews
        }
        for round in 0..<5 {
            for number in 0..<10 { #expect(hasNews(number) == (round == 0)) }
        }
        for number in 100..<200 { #expect(hasNews(number)) }
        for number in 0..<10 { #expect(hasNews(number)) }
    }
}
