import Bytes

public enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// One request, sent exactly as it stands here: libcurl adds `Host`, `Content-Length` and nothing else.
public struct HTTPRequest {
    public var method: HTTPMethod
    /// An absolute URL whose path is sent as it is: `..` and percent escapes are not touched,
    /// since a signature covers them.
    public var url: String
    public var headers: [(name: String, value: String)]
    /// Kept alive, and not to be changed, until the request is done. `nil` on a PUT or POST sends zero bytes.
    public var body: ByteBuffer?
    public var limits: HTTPLimits
    /// The longest body of a response that is received, in bytes. Beyond it, or where `Content-Length` announces more,
    /// the transfer is aborted and its connection closed: the failure is `.broken`, and names the host and the limit.
    public var responseLimit: Int
    /// Where the response's body is received; a buffer that is used again saves its pages. It is emptied first.
    public var responseBody: ByteBuffer?

    public init(
        _ method: HTTPMethod, _ url: String, headers: [(name: String, value: String)] = [],
        body: ByteBuffer? = nil, limits: HTTPLimits = HTTPLimits(), responseLimit: Int = 64 << 20,
        responseBody: ByteBuffer? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
        self.responseLimit = responseLimit
        self.responseBody = responseBody
    }
}

/// How long a request may take, in milliseconds; 0 means for ever.
public struct HTTPLimits: Equatable, Sendable {
    /// TCP and TLS together, and a proxy's tunnel. Looking the name up comes before that and has no limit of its own:
    /// the resolver knows how long it waits for which server.
    public var connect: Int
    /// From start to the last byte of the response.
    public var total: Int
    /// The same without looking the name up.
    public var exchange: Int
    /// How long the peer may go without taking or sending a byte, whole seconds are used.
    public var stall: Int

    public init(connect: Int = 3_000, total: Int = 0, exchange: Int = 0, stall: Int = 0) {
        self.connect = connect
        self.total = total
        self.exchange = exchange
        self.stall = stall
    }
}

public struct HTTPResponse {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: ByteBuffer

    public init(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Response headers; names match whatever their case (RFC 9110 § 5.1).
public struct HTTPHeaders {
    public private(set) var all: [(name: String, value: String)] = []

    public init() {}

    /// The first value under `name`, or `nil` where there is none or it is empty.
    public subscript(name: String) -> String? {
        for header in all where isSameName(header.name, name) { return header.value.isEmpty ? nil : header.value }
        return nil
    }

    public mutating func add(_ name: String, _ value: String) { all.append((name, value)) }
}

/// Whether two headers' names are the same (RFC 9110 § 5.1).
func isSameName(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
        && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
}

private func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

/// Why a request got no whole response. The text names the host and never a user, the query or a header.
public struct HTTPFailure: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The name is not known, or no name server has said so in time: nothing of the request has been sent.
        case unresolved
        /// TCP does not connect: nothing of the request has been sent. It may be the proxy that was not reached.
        case unreachable
        /// There is no such proxy, or it does not connect: nothing of the request has been sent.
        case proxy
        /// The peer's certificate was refused, or there is no bundle to check it with.
        case untrusted
        /// The same of a proxy that is spoken to over TLS: nothing of the request has been sent.
        case untrustedProxy
        /// A limit of `HTTPLimits` ran out. The request may or may not have been carried out.
        case timedOut
        /// The connection broke, or what came was not HTTP, or more than is received. The request may or may not have
        /// been carried out.
        case broken
        /// The caller's own fault: a URL that is none, or no memory.
        case invalid
    }
    public var kind: Kind
    public var description: String
    /// What the proxy answered to CONNECT, of kind `.proxy` and where it answered.
    public var proxyStatus: Int?

    public init(kind: Kind, description: String, proxyStatus: Int? = nil) {
        self.kind = kind
        self.proxyStatus = proxyStatus
        self.description = description
    }
}
