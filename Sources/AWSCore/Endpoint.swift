/// Scheme, host and port that requests go to, and a path that precedes theirs.
package struct Endpoint: Sendable, Equatable {
    package var isSecure: Bool
    /// What the `Host` header says: lower case, with the port unless it is the scheme's own, as libcurl writes it.
    package var host: String
    /// Empty, or starts with `/` and does not end with it. It needs no encoding.
    package var path: String

    package init(isSecure: Bool, host: String, path: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.path = path
    }

    /// `http://127.0.0.1:4566`, `https://[::1]:9000/storage/`; `nil` for anything with a user, a query or a blank.
    package init?(_ url: String) {
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = url[..<mark].lowercased()
        guard scheme == "http" || scheme == "https", url[mark...].hasPrefix("://") else { return nil }
        isSecure = scheme == "https"
        let rest = url[mark...].dropFirst(3)
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        guard path.utf8.allSatisfy(isPlainPathByte), let host = Self.host(authority, isSecure: isSecure)
        else { return nil }
        self.path = String(path)
        self.host = host
    }

    /// Host and port as the `Host` header has them; `nil` where the host is not plain or the port not 1–65535.
    static func host(_ authority: Substring, isSecure: Bool) -> String? {
        var name = authority
        var port = ""
        // The colons within [::1] are not the port's.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            name = authority[..<colon]
            let digits = authority[colon...].dropFirst()
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(digits), number > 0
            else { return nil }
            if number != (isSecure ? 443 : 80) { port = ":\(number)" }
        }
        let plain = name.utf8.allSatisfy {
            isLowercaseOrDigit($0 | 0x20) || "-._[]:".utf8.contains($0)
        }
        guard !name.isEmpty, plain, name.hasPrefix("[") == name.contains(":"),
            name.hasPrefix("[") == name.hasSuffix("]")
        else { return nil }
        return name.lowercased() + port
    }
}

private func isPlainPathByte(_ byte: UInt8) -> Bool {
    isLowercaseOrDigit(byte | 0x20) && byte > 0x20 || "/-._~".utf8.contains(byte)
}
