/// One line of printable text: what a server writes must not break a log.
func oneLine(_ text: String, limit: Int = 300) -> String {
    let safe = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) }
    let line = String(safe).split(separator: " ").joined(separator: " ")
    return line.count > limit ? line.prefix(limit) + "…" : line
}

/// The text with `…` in the place of each secret.
func redacted(_ text: String, _ secrets: [String?]) -> String {
    var text = text
    for secret in secrets {
        // Longer than what replaces it, or the loop might not end.
        guard let secret, secret.utf8.count > "…".utf8.count else { continue }
        while let range = firstRange(of: secret, in: text) { text.replaceSubrange(range, with: "…") }
    }
    return text
}

/// Where `part`, which is not empty, is first found. The standard library's own search brings its regular expressions
/// into the binary.
func firstRange(of part: String, in text: String) -> Range<String.Index>? {
    let part = part.utf8
    var start = text.utf8.startIndex
    while let found = text.utf8[start...].firstIndex(of: part[part.startIndex]) {
        if text.utf8[found...].starts(with: part) {
            return found..<text.utf8.index(found, offsetBy: part.count)
        }
        start = text.utf8.index(after: found)
    }
    return nil
}
