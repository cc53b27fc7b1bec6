import CVector
@testable import JSON
import TestParts
import Testing

/// The paths that this CPU can run.
private let paths = [CV_SCALAR, CV_SSSE3, CV_AVX2, CV_AVX512, CV_NEON].filter { cv_path_works($0) }

/// The verdicts of every path on one text, at the edge of readable memory.
private final class Judge {
    let memory = GuardedText(capacity: 4096)
    private let outline = JSONOutline()

    /// The reference's verdict; records an issue where another path or another filler after the text changes it.
    @discardableResult
    func verdict(_ text: [UInt8], fillers: [UInt8] = [0]) -> cv_json_verdict {
        var first: cv_json_verdict?
        var marks: [Int] = []
        for filler in fillers {
            memory.with(text, filler: filler) { bytes in
                for path in paths {
                    let verdict = cv_json_check_on(
                        path, bytes.baseAddress!, bytes.count, 512, outline.taking(bytes.count))
                    let wanted = first ?? verdict
                    if verdict.kind <= CV_JSON_OTHER.rawValue {
                        if first == nil { marks = outline.places }
                        if outline.places != marks {
                            Issue.record("\(text) on \(path): \(outline.places), not \(marks)")
                        }
                    }
                    first = wanted
                    if verdict.kind != wanted.kind || verdict.offset != wanted.offset || verdict.traits != wanted.traits
                    {
                        Issue.record("\(String(decoding: text, as: UTF8.self)) on \(path): \(verdict), not \(wanted)")
                    }
                }
            }
        }
        return first ?? cv_json_verdict()
    }

    /// The same, held against the second opinion.
    func compare(_ text: [UInt8]) {
        let verdict = verdict(text)
        let plain = PlainReader.read(text)
        let kind = plain.map { $0.object ? CV_JSON_OBJECT : CV_JSON_OTHER }
        let traits = UInt32(verdict.traits) & UInt32(CV_JSON_LINE_BREAKS)
        let same =
            plain == nil
            ? verdict.kind >= CV_JSON_MALFORMED.rawValue
            : UInt32(verdict.kind) == kind?.rawValue && (traits != 0) == plain?.lineBreaks
        if !same {
            Issue.record(
                "\(String(decoding: text, as: UTF8.self)): \(verdict), second opinion \(String(describing: plain))")
        }
    }
}

extension JSONOutline {
    fileprivate var places: [Int] {
        var places: [Int] = []
        forEachMark { places.append($0) }
        return places
    }
}

private func everyText(of pieces: [String], upTo length: Int, _ body: ([UInt8]) -> Void) {
    let pieces = pieces.map { Array($0.utf8) }
    func extend(_ text: [UInt8], _ left: Int) {
        body(text)
        if left > 0 { for piece in pieces { extend(text + piece, left - 1) } }
    }
    extend([], length)
}

@Suite struct PathTests {
    @Test func `Every short text of brackets, separators and values is judged as the grammar says`() {
        let judge = Judge()
        everyText(of: ["{", "}", "[", "]", ",", ":", "\"\"", "1", " "], upTo: 5, judge.compare)
    }

    @Test func `Every short object with names and values in any order is judged as the grammar says`() {
        let judge = Judge()
        everyText(of: ["{", "}", ",", ":", "\"a\"", "[]", "\n"], upTo: 5) { judge.compare([0x7B] + $0 + [0x7D]) }
    }

    @Test func `Every short number is judged as the grammar says`() {
        let judge = Judge()
        everyText(of: ["0", "1", "-", "+", ".", "e", "E"], upTo: 6, judge.compare)
    }

    @Test func `Every short string of escapes is judged as the grammar says`() {
        let judge = Judge()
        everyText(of: ["\\", "u", "\"", "0", "dA00", "n", "\u{1}", "é"], upTo: 5) {
            judge.compare([0x22] + $0 + [0x22])
        }
    }

    @Test func `Every byte in every place of a row is judged alike`() {
        let judge = Judge()
        var row = Array(#" {"Date":"1990-04-25","Open":-3342.5e-3,"ok":[true,null],"\u00e9\\":"é", "z":{}}"#.utf8)
        for place in row.indices {
            let good = row[place]
            for byte in UInt8.min...UInt8.max {
                row[place] = byte
                judge.verdict(row)
            }
            row[place] = good
        }
    }

    @Test func `A row is judged alike wherever blocks cut it, wherever it ends and whatever follows`() {
        let judge = Judge()
        let rows = [
            #"{"a":-12.5e+07,"b":[true,false,null,"\ud83d\ude00\\\"é"],"c":{"d":{}},"e":0}"#,
            #"{ "a" : 1 , "b" : [ "c" , "d" ] , "e" : "f" }"#, #"[0,10,-0.0,1E5,"\\\\\\"]"#, "-1.5e-05", "false",
            #""\\""#,
        ]
        for row in rows.map({ Array($0.utf8) }) {
            for spaces in 0...130 {
                let text = [UInt8](repeating: 0x20, count: spaces) + row
                #expect(judge.verdict(text).kind <= CV_JSON_OTHER.rawValue)
                let cut = Array(text[..<(spaces + row.count * spaces / 131)])
                judge.verdict(cut, fillers: [0, 0x20, 0x22, 0x30, 0x65, 0x7D, 0xFF])
            }
            for end in row.indices { judge.verdict(Array(row[..<end]), fillers: Array("\"}]0e5lu\\ é".utf8)) }
        }
    }

    @Test func `Random rows, and rows with a few bytes changed, are judged alike and as the grammar says`() {
        let judge = Judge()
        var random = RandomJSON(seed: 7)
        for round in 0..<3000 {
            var text = random.text()
            let valid = judge.verdict(text)
            #expect(valid.kind <= CV_JSON_OTHER.rawValue, "\(String(decoding: text, as: UTF8.self))")
            if round % 4 == 0 { judge.compare(text) }
            random.spoil(&text)
            if round % 4 == 0 { judge.compare(text) } else { judge.verdict(text) }
        }
    }

    @Test func `UTF-8 of two to four bytes is judged as Swift's own decoder does, for every boundary value`() {
        let judge = Judge()
        let leads: [UInt8] = [
            0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5,
            0xFF,
        ]
        let others: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for a in leads {
            for b in others {
                judge.compare([0x22, a, b, 0x22])
                for c in others {
                    judge.compare([0x22, a, b, c, 0x22])
                    if a >= 0xE0 { for d in others { judge.compare([0x22, a, b, c, d, 0x22]) } }
                }
            }
        }
    }

    @Test func `The end of a plain piece of a string is found at every distance`() {
        let memory = GuardedText(capacity: 512)
        for length in 0...200 {
            for stop: UInt8 in [0x22, 0x5C, 0x00, 0x1F] {
                var text = [UInt8](repeating: 0x20, count: length)
                for i in text.indices { text[i] = [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xFF][i % 8] }
                for place in [length / 2, length - 1, length] where place >= 0 {
                    var text = text
                    if place < length { text[place] = stop }
                    // Right after the end is a byte that would stop it as well.
                    memory.with(text, filler: stop) { bytes in
                        let start = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
                        for path in paths where cv_string_stop_on(path, start, start + length) - start != place {
                            Issue.record("\(stop) at \(place) of \(length) on \(path)")
                        }
                        #expect(cv_string_stop(start, start + length) - start == place)
                    }
                }
            }
        }
    }
}
