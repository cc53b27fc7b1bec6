import AWSSigning
import Environment

/// The proxies that libcurl takes from the environment, checked before it sees them: of a value that it does not
/// understand it repeats all, the password included, or goes without the proxy.
/// https://curl.se/libcurl/c/libcurl-env.html
package struct ProxySettings: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// What no text may repeat: whole values, users and passwords, as they are written and as they are meant.
    package private(set) var secrets: [String] = []
    /// Those that are set, in the order in which libcurl asks.
    private var variables: [String] = []
    /// Whether a proxy is spoken to over TLS, so that its certificate is checked.
    package private(set) var isSecure = false
    /// `NO_PROXY`, taken apart.
    private let exceptions: [String]

    /// `HTTP_PROXY` in capitals is not among them: a web server's client could set it by a header named Proxy.
    private static let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]

    /// - Throws: `ConfigurationError` naming the variable, and never its value, where that is not
    ///   `[scheme://][user[:password]@]host[:port][/]`, user and password percent-encoded.
    package init(environment: Environment) throws(ConfigurationError) {
        let exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        self.exceptions = exceptions.lowercased().split { $0 == "," || $0 == " " }.map(String.init)
        for name in Self.names {
            guard let value = environment[name] else { continue }
            guard let proxy = ProxyAddress(value) else {
                throw ConfigurationError(
                    name,
                    "is not a valid proxy URL; expected [scheme://][user[:password]@]host[:port], the scheme one of "
                        + "\(ProxyAddress.schemes.joined(separator: ", ")), the port from 1 to 65535; in a user "
                        + "or password, percent-encode / # @ ? : and % (%2F %23 %40 %3F %3A %25)")
            }
            variables.append(name)
            if proxy.isSecure { isSecure = true }
            secrets.append(value)
            for part in [proxy.user, proxy.password] where !part.isEmpty {
                secrets += [part, PercentEncoding.decoded(part)]
            }
        }
    }

    /// The variable that names the proxy for https or http to `host`, which may have a port; `nil` where it is reached
    /// without one.
    func variable(isSecure: Bool, host: String) -> String? {
        guard !isException(host) else { return nil }
        let scheme = isSecure ? "https_proxy" : "http_proxy"
        return variables.first { $0.lowercased() == scheme || $0.lowercased() == "all_proxy" }
    }

    /// libcurl's rule: a name is meant with all beneath it, an address as it is written. Ranges (`10.0.0.0/8`) are left
    /// to libcurl alone: this is for advice, and endpoints have names.
    private func isException(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
        if exceptions == ["*"] { return true }
        return exceptions.contains { exception in
            let domain = exception.drop { $0 == "." }
            return !domain.isEmpty && (name == domain || name.hasSuffix("." + domain))
        }
    }

    package var description: String { variables.joined(separator: ", ") }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// `[scheme://][user[:password]@]host[:port][/]`
struct ProxyAddress {
    static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

    /// As they are written; empty where there is none.
    let user: String
    let password: String
    let isSecure: Bool

    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        var rest = text[...]
        isSecure = text.lowercased().hasPrefix("https://")
        if let mark = firstRange(of: "://", in: text) {
            guard Self.schemes.contains(text[..<mark.lowerBound].lowercased()) else { return nil }
            rest = text[mark.upperBound...]
        }
        if rest.last == "/" { rest.removeLast() }
        let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), Endpoint.host(parts[parts.count - 1], isSecure: false) != nil
        else { return nil }
        let names = parts.count == 2 ? parts[0].split(separator: ":", omittingEmptySubsequences: false) : []
        guard names.count <= 2, names.allSatisfy(Self.isEncoded) else { return nil }
        user = names.first.map(String.init) ?? ""
        password = names.count == 2 ? String(names[1]) : ""
    }

    /// Whether every `%` begins an escape, of a byte that may stand in a user or password, and nothing stands for
    /// itself that would end them.
    private static func isEncoded(_ part: Substring) -> Bool {
        guard !part.utf8.contains(where: { "/#?\\".utf8.contains($0) }) else { return false }
        return part.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy {
            let digits = $0.utf8.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") }) else { return false }
            // libcurl goes without a proxy where there is a control character.
            return UInt8($0.prefix(2), radix: 16).map { $0 >= 0x20 && $0 != 0x7f } ?? false
        }
    }
}
