/// The elements of one level, one after the other.
package struct XMLElements {
    private let bytes: UnsafeRawBufferPointer
    /// Where what has not been read begins.
    var at = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next element and its raw content; `nil` at the end and where no whole element follows.
    package mutating func next() -> (name: UnsafeRawBufferPointer, content: UnsafeRawBufferPointer)? {
        guard skipToTag(), let opened = bytes.index(of: UInt8(ascii: ">"), from: at) else { return nil }
        var end = at + 1
        while end < opened, bytes[end] > 0x20, bytes[end] != UInt8(ascii: "/") { end += 1 }
        let name = bytes.part((at + 1)..<end)
        guard !name.isEmpty else { return nil }
        if bytes[opened - 1] == UInt8(ascii: "/") {
            at = opened + 1
            return (name, bytes.part(opened..<opened))
        }
        guard let closing = XMLText.closingTag(name, in: bytes, from: opened + 1) else { return nil }
        at = closing + name.count + 3
        return (name, bytes.part((opened + 1)..<closing))
    }

    /// Whether nothing but white space is left.
    package var isAtEnd: Bool { bytes[at...].allSatisfy { $0 <= 0x20 } }

    /// Skips white space, the declaration and comments. False if no element's opening tag follows.
    mutating func skipToTag() -> Bool {
        while true {
            while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
            guard bytes.has("<", at: at) else { return false }
            guard bytes.has("?", at: at + 1) || bytes.has("!", at: at + 1) else { return true }
            guard let end = bytes.index(of: UInt8(ascii: ">"), from: at) else { return false }
            at = end + 1
        }
    }
}
