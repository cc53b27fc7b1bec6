import Bytes
import JSON
import RecordShape
import TestParts
import Testing

/// What the memory says of each text in turn, which stand one after the other as rows do.
private func faults(_ texts: [String], reserved: [[String]] = []) -> [ShapeFault?] {
    let memory = ShapeMemory(reserved: reserved)
    let body = ByteBuffer()
    return texts.map { text in
        let start = body.count
        body.append(text)
        let value = body.padded.suffix(from: start)
        let (verdict, fault) = memory.check(value)
        guard case .object = verdict else {
            Issue.record("\(text) is not an object")
            return nil
        }
        return fault
    }
}

@Suite struct ShapeMemoryTests {
    @Test(arguments: [
        #"{"id":1,"id":2}"#, #"{"userId":3,"userid":4}"#, #"{"o":{"A":1,"a":2}}"#, #"[{"x":[{"a":1},{"b":1,"b":2}]}]"#,
        #"{"\u0061":1,"a":2}"#, #"{"a":1,"b":{"c":1},"A" : 2}"#, #"{"":1,"":2}"#, #"{"a\"b":1,"A\"B":2}"#,
        #"{"É":1,"é":2}"#, #"{"\u00c9":1,"é":2}"#, #"{"ſ":1,"S":2}"#, "{\"\u{212A}\":1,\"k\":2}", #"{"ΑΣ":1,"ας":2}"#,
        #"{"İ":1,"i":2}"#, "{\"İ\":1,\"i\u{307}\":2}", #"{"ı":1,"I":2}"#, #"{"\ud83d\ude00":1,"😀":2}"#,
    ])
    func `A name twice in one object is found, whatever its case, its escapes and its depth`(text: String) {
        #expect(faults([#"{"v":\#(text)}"#]) == [.duplicateName])
    }

    @Test(arguments: [
        "{}", #"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#, #"{"a":"a","b":"\"a\":1,\"a\":2"}"#, #"{"é":1,"e":2}"#,
        #"{"straße":1,"strasse":2}"#, #"{"a b":1,"a_b":2}"#, #"{"dt":{"hour":1}}"#,
    ])
    func `Names that stand once in each object are no fault`(text: String) {
        #expect(faults([text, text, text]) == [nil, nil, nil])
    }

    @Test func `A reserved name is found at the outermost level alone, in whatever case`() {
        let texts = [#"{"dt":1}"#, #"{"a":1,"Hour":2}"#, #"{"a":{"hour":1}}"#, #"{"kafka_\u006Bey":1}"#, #"{"d":1}"#]
        let group = { ShapeFault.reservedName(group: $0) }
        #expect(faults(texts, reserved: [["dt", "hour"], ["kafka_key"]]) == [group(0), group(0), nil, group(1), nil])
    }

    /// Each differs from the first, which is remembered as clean, in one way that a careless comparison overlooks.
    @Test(arguments: [
        #"{"o":{},"x":1,"x":2}"#, #"{"x":{"x":1},"X":2}"#, #"{"o":{"x":1,"x":2}}"#, #"{"o":{"x":1},"o":2}"#,
        #"{"o":[{"x":1}],"o":2}"#,
    ])
    func `A record like a clean one is not taken for it`(text: String) {
        #expect(faults([#"{"o":{"x":1},"x":2}"#, text, #"{"o":{"x":1},"x":2}"#]) == [nil, .duplicateName, nil])
    }

    @Test func `A name that ends as a known one, or an escaped quote within it, is not taken for that one`() {
        let clean = #"{"a":1,"name":2}"#
        let texts = [
            clean, #"{"a":1,"x\"name":2}"#, #"{"name":1,"name":2}"#, #"{"a":1,"x,\"name":2,"x,\"name":3}"#, clean,
        ]
        #expect(faults(texts) == [nil, nil, .duplicateName, .duplicateName, nil])
    }

    @Test func `Long names are compared to their first byte`() {
        for length in 1...80 {
            let name = String(repeating: "n", count: length)
            let texts = [
                #"{"a\#(name)":1,"b\#(name)":2}"#, #"{"b\#(name)":1,"b\#(name)":2}"#, #"{"a\#(name)":1,"A\#(name)":2}"#,
            ]
            #expect(
                faults(texts + texts) == [nil, .duplicateName, .duplicateName, nil, .duplicateName, .duplicateName])
        }
    }

    /// Against a second opinion without memory: each text alone.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `Whatever was judged before, a record is judged as if it were the first`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let names = ["a", "A", "b", "\\u0061", "a\\\"a", "dt", "a name that takes more than a piece", "é", ""]
        func object(_ depth: Int) -> String {
            let members = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                let name = names.randomElement(using: &random) ?? ""
                let space = ["", "", " "].randomElement(using: &random) ?? ""
                return "\(space)\"\(name)\"\(space):\(value(depth))"
            }
            return "{\(members.joined(separator: ","))}"
        }
        func value(_ depth: Int) -> String {
            switch depth < 3 ? Int.random(in: 0..<6, using: &random) : 0 {
            case 0: "1"
            case 1: "\"\(String(repeating: "x", count: Int.random(in: 0..<90, using: &random)))\""
            case 2: "[\(value(depth + 1)),\(value(depth + 1))]"
            default: object(depth + 1)
            }
        }
        let texts = (0..<150).map { _ in object(0) }
        #expect(faults(texts, reserved: [["dt"]]) == texts.flatMap { faults([$0], reserved: [["dt"]]) })
    }

    @Test func `An object of a hundred thousand names is judged`() {
        let names = (0..<100_000).map { "\"n\($0)\":1" }.joined(separator: ",")
        #expect(faults(["{\(names)}", "{\(names),\"N77\":1}"]) == [nil, .duplicateName])
    }
}
