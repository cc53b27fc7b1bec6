/// RFC 8259's grammar, rule by rule, as a second opinion: nothing here is shared with what is tested.
struct PlainReader {
    private let text: [UInt8]
    private var at = 0
    private(set) var lineBreaks = false

    /// nil when `text` is not JSON or not UTF-8.
    static func read(_ text: [UInt8]) -> (object: Bool, lineBreaks: Bool)? {
        guard String(validating: text, as: UTF8.self) != nil else { return nil }
        var reader = PlainReader(text: text)
        reader.space()
        let object = reader.text.count > reader.at && reader.text[reader.at] == 0x7B
        guard reader.value() else { return nil }
        reader.space()
        return reader.at == text.count ? (object, reader.lineBreaks) : nil
    }

    private init(text: [UInt8]) { self.text = text }

    private mutating func take(_ characters: StaticString) -> Bool {
        guard at < text.count else { return false }
        for i in 0..<characters.utf8CodeUnitCount where characters.utf8Start[i] == text[at] {
            at += 1
            return true
        }
        return false
    }

    private mutating func space() {
        while true {
            if take("\r\n") { lineBreaks = true } else if !take(" \t") { return }
        }
    }

    private mutating func value() -> Bool {
        if take("{") { return list(closer: "}") { $0.member() } }
        if take("[") { return list(closer: "]") { $0.value() } }
        if at < text.count, text[at] == 0x22 { return string() }
        for name: StaticString in ["true", "false", "null"] {
            let end = at + name.utf8CodeUnitCount
            if end <= text.count, (at..<end).allSatisfy({ text[$0] == name.utf8Start[$0 - at] }) {
                at = end
                return true
            }
        }
        return number()
    }

    private mutating func list(closer: StaticString, _ element: (inout PlainReader) -> Bool) -> Bool {
        space()
        if take(closer) { return true }
        while true {
            space()
            guard element(&self) else { return false }
            space()
            if take(closer) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func member() -> Bool {
        guard string() else { return false }
        space()
        guard take(":") else { return false }
        space()
        return value()
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while at < text.count {
            if take("\"") { return true }
            if take("\\") {
                if take("u") {
                    for _ in 0..<4 where !take("0123456789abcdefABCDEF") { return false }
                } else if !take("\"\\/bfnrt") {
                    return false
                }
            } else {
                guard text[at] >= 0x20 else { return false }
                at += 1
            }
        }
        return false
    }

    private mutating func digits() -> Bool {
        guard take("0123456789") else { return false }
        while take("0123456789") {}
        return true
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0"), !digits() { return false }
        if take("."), !digits() { return false }
        if take("eE") {
            _ = take("+-")
            return digits()
        }
        return true
    }
}
