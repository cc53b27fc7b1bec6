import HTTP

/// A response that refuses a request and is not the service's own: a filter's page, a captive portal's, or that of a
/// reverse proxy that wants to be asked elsewhere. What its status says is nothing that a role or a bucket could
/// change.
///
/// AWS names each request (`x-amz-request-id`, `x-amzn-RequestId`), and so do its substitutes, or else write
/// errors as AWS does. Whatever is neither a page nor a redirection gets the benefit of the doubt: a HEAD has no body.
struct ForeignResponse {
    /// One line: what came instead.
    let description: String

    init?(_ response: HTTPResponse, _ service: AWSService) {
        guard !Self.isNamed(response), ErrorBody(response).code == nil else { return nil }
        let location = response.headers["Location"]
        let isRedirection = (300..<400).contains(response.status)
        guard isRedirection || Self.isPage(response, service) else { return nil }
        var text = "the response is not from \(service.name)"
        if let kind = response.headers["Content-Type"] { text += ", but \(oneLine(kind, limit: 80))" }
        if let title = Self.title(response) { text += " (\(title))" }
        if let location { text += ", Location: \(Self.shortened(location))" }
        description = text
    }

    private static func isNamed(_ response: HTTPResponse) -> Bool {
        response.headers.all.contains { header in
            let name = header.name.lowercased()
            return name.hasPrefix("x-amz-") || name.hasPrefix("x-amzn-")
                || name == "server" && header.value == "AmazonS3"
        }
    }

    private static func isPage(_ response: HTTPResponse, _ service: AWSService) -> Bool {
        let kind = response.headers["Content-Type"]?.lowercased() ?? ""
        if kind.hasPrefix("text/") || kind.hasPrefix("application/xhtml") { return true }
        // A service that writes XML does not answer in JSON, nor does a substitute for it.
        if service.writesXML, kind.hasPrefix("application/json") { return true }
        guard kind.isEmpty, let first = response.body.bytes.first(where: { $0 > 0x20 }) else { return false }
        // Neither XML nor JSON, which may have been damaged on the way.
        if first != UInt8(ascii: "<"), first != UInt8(ascii: "{") {
            return response.body.bytes.allSatisfy { $0 >= 0x20 || (9...13).contains($0) }
        }
        let start = String(decoding: response.body.bytes.prefix(512), as: UTF8.self).lowercased()
        return firstRange(of: "<!doctype html", in: start) != nil || firstRange(of: "<html", in: start) != nil
    }

    /// What a page calls itself is what its maker, a filter's operator for example, will know it by.
    private static func title(_ response: HTTPResponse) -> String? {
        let start = String(decoding: response.body.bytes.prefix(4096), as: UTF8.self)
        guard let opened = firstRange(of: "<title>", in: start),
            let closed = firstRange(of: "</", in: String(start[opened.upperBound...]))
        else { return nil }
        let rest = String(start[opened.upperBound...])
        let title = oneLine(String(rest[..<closed.lowerBound]), limit: 100)
        return title.isEmpty ? nil : title
    }

    /// Without the user and the query, which may hold secrets.
    private static func shortened(_ location: String) -> String {
        let address = String(location.prefix { $0 != "?" && $0 != "#" })
        guard let mark = firstRange(of: "://", in: address) else { return oneLine(address) }
        let authority = address[mark.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return oneLine(address) }
        return oneLine(String(address[..<mark.upperBound] + address[address.index(after: at)...]))
    }
}
