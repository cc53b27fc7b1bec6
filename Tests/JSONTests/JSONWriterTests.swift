import Bytes
import Foundation
import JSON
import Testing

@Suite struct `JSON strings are written` {
    private func written(_ bytes: [UInt8]) -> String {
        let buffer = ByteBuffer()
        bytes.withUnsafeBytes { JSONWriter.appendString($0, to: buffer) }
        return buffer.text
    }

    @Test func `so that a reader gets every character back`() throws {
        let all = String(String.UnicodeScalarView((0...0x2ff).compactMap(Unicode.Scalar.init))) + "\u{2028}\u{10FFFF}"
        let buffer = ByteBuffer()
        JSONWriter.appendString(all, to: buffer)
        #expect(written(Array(all.utf8)) == buffer.text)
        let read = try JSONSerialization.jsonObject(with: Data(buffer.bytes), options: .fragmentsAllowed) as? String
        #expect(read?.unicodeScalars.elementsEqual(all.unicodeScalars) == true)
    }

    @Test func `with no escape but the needed ones`() {
        #expect(written(Array("a/\u{7f}ü".utf8)) == "\"a/\u{7f}ü\"")
        #expect(written(Array("\"\\\u{8}\t\n\u{c}\r\0\u{1f}".utf8)) == #""\"\\\b\t\n\f\r\u0000\u001f""#)
        #expect(written([]) == "\"\"")
    }

    @Test(
        arguments: [
            ([0xff], "\"\u{FFFD}\""), ([0x61, 0xc3], "\"a\u{FFFD}\""), ([0xc3, 0x0a], "\"\u{FFFD}\\n\""),
            ([0xed, 0xa0, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\""),
        ] as [([UInt8], String)])
    func `with U+FFFD for what is not UTF-8`(_ bytes: [UInt8], _ expected: String) {
        #expect(written(bytes) == expected)
    }
}
