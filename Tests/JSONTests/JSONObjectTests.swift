import Bytes
import JSON
import Testing

@Suite struct `A member of an object` {
    private func string(_ name: StaticString, _ text: String) -> String? {
        let buffer = ByteBuffer()
        buffer.append(text)
        return JSONObject.string(name, in: buffer.padded)
    }

    static let text =
        #"{"a":{"b":"inner"},"n":1,"b\"":"x","c" : "d","e\u0066":"\u00fc\ud83d\ude00\n\"\\\/","b":null} rest"#

    @Test func `is found by its name, escapes resolved, in the object itself`() {
        #expect(string("c", Self.text) == "d")
        #expect(string("ef", Self.text) == "ü😀\n\"\\/")
        for name: StaticString in ["n", "b", "d", "absent"] { #expect(string(name, Self.text) == nil) }
        for text in ["", "[]", "\"c\"", "{", "{\"c\"", "{\"c\":\"d"] { #expect(string("c", text) == nil) }
    }

    @Test func `is found where the text is cut off after it`() {
        let end = Self.text.utf8.count
        let found = (0...end).map { string("c", String(decoding: Self.text.utf8.prefix($0), as: UTF8.self)) }
        #expect(found.drop { $0 == nil }.allSatisfy { $0 == "d" } && found.contains("d"))
    }
}
