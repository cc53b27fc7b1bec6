/// Where a member's name is in a valid JSON text.
struct NamePlace {
    /// Of the opening quote.
    let start: Int
    /// Of the closing quote.
    let end: Int

    /// - Parameter colon: the place of the colon after it.
    init(in text: UnsafeRawBufferPointer, colon: Int) {
        var end = colon - 1
        while text[end] != UInt8(ascii: "\"") { end -= 1 }
        var start = end - 1
        while text[start] != UInt8(ascii: "\"") || Self.isEscaped(text, start) { start -= 1 }
        self.start = start
        self.end = end
    }

    /// Whether an odd number of backslashes precedes it.
    private static func isEscaped(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        var at = place
        while at > 0, text[at - 1] == UInt8(ascii: "\\") { at -= 1 }
        return (place - at) % 2 == 1
    }
}
