import Bytes
import JSON
import Testing

@Suite struct JSONLineTests {
    @Test(arguments: [
        ("{}", "{}"), ("{ \"a\": 1 }", "{ \"a\": 1 }"), ("{\n}", "{}"),
        ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "{\"a\": 1,\"b\": 2}"),
        ("[1,\r\n\t2 , 3]", "[1,2 , 3]"), ("{ \r }", "{}"), ("\n\n1\n", "1"),
        ("{\"a\\n\\\" \\\\\":\n\"b  \\\" c\"}", "{\"a\\n\\\" \\\\\":\"b  \\\" c\"}"),
        ("\n\"   \"\n", "\"   \""),
    ])
    func `White space that breaks a line goes, all else stays`(text: String, line: String) {
        let buffer = ByteBuffer()
        buffer.append("before\n")
        let start = buffer.count
        buffer.append(text)
        JSONLine.removeLineBreaks(in: buffer, from: start)
        #expect(buffer.text == "before\n" + line)
    }

    @Test func `A random text says the same on one line, and has no line break left`() {
        var random = RandomJSON(seed: 11)
        for _ in 0..<1000 {
            let text = random.text(), buffer = ByteBuffer()
            text.withUnsafeBytes { buffer.append($0) }
            let before = JSONCheck.check(buffer.padded)
            JSONLine.removeLineBreaks(in: buffer, from: 0)
            let after = JSONCheck.check(buffer.padded)
            switch (before, after) {
            case (.object(let traits), .object(let left)), (.otherValue(let traits), .otherValue(let left)):
                #expect(left == traits.subtracting(.lineBreaks))
                if !traits.contains(.lineBreaks) { #expect(Array(buffer.bytes) == text) }
            default: Issue.record("\(before) became \(after)")
            }
            let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
            #expect(buffer.bytes.filter { !space.contains($0) } == text.filter { !space.contains($0) })
            #expect(!buffer.bytes.contains(0x0A) && !buffer.bytes.contains(0x0D))
        }
    }
}
