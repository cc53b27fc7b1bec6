import Bytes

package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// One request, sent exactly as given: libcurl adds only `Host` and `Content-Length`.
package struct HTTPRequest {
    package var method: HTTPMethod
    /// An absolute URL. Its path and query are sent as they are: a signature covers `..` and percent escapes.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// Kept alive, and not to be changed, until the request is done. `nil` on a PUT or POST sends zero bytes.
    package var body: ByteBuffer?
    package var limits: HTTPLimits
    /// The longest response body that is accepted, in bytes. Where it, or its `Content-Length`, is longer, the transfer
    /// is aborted and its connection closed: the failure is `.broken` and names the host and the limit.
    package var responseLimit: Int
    /// Where the response's body is received; it is emptied first. Reusing a buffer saves page faults.
    package var responseBody: ByteBuffer?

    package init(
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

/// How long a request may take, in milliseconds; 0 means no limit.
package struct HTTPLimits: Equatable, Sendable {
    /// TCP, TLS and a proxy's tunnel together. The name look-up before them has no limit of its own: the resolver has a
    /// time-out for each name server.
    package var connect: Int
    /// From start to the last byte of the response.
    package var total: Int
    /// The same without the name look-up.
    package var exchange: Int
    /// How long the peer may neither accept nor send a byte; rounded down to whole seconds, at least one.
    package var stall: Int

    package init(connect: Int = 3_000, total: Int = 0, exchange: Int = 0, stall: Int = 0) {
        self.connect = connect
        self.total = total
        self.exchange = exchange
        self.stall = stall
    }
}

package struct HTTPResponse {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: ByteBuffer

    package init(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why a request got no complete response. The text names the host and never a user, the query or a header.
package struct HTTPFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The name is unknown, or no name server answered in time: nothing of the request has been sent.
        case unresolved
        /// TCP did not connect, to the server or the proxy: nothing of the request has been sent.
        case unreachable
        /// The proxy is unknown, or did not connect to the server: nothing of the request has been sent.
        case proxy
        /// The peer's certificate was rejected, or there is no bundle to verify it with.
        case untrusted
        /// The same for a proxy reached over TLS: nothing of the request has been sent.
        case untrustedProxy
        /// A limit of `HTTPLimits` ran out. The request may or may not have been carried out.
        case timedOut
        /// The connection broke, or the response was not HTTP or too long. The request may or may not have been carried
        /// out.
        case broken
        /// The request could not be made: its URL is invalid, or memory ran out.
        case invalid
    }
    package var kind: Kind
    package var description: String
    /// The status of the proxy's response to CONNECT; only with `.proxy`, and `nil` where it did not respond.
    package var proxyStatus: Int?

    package init(kind: Kind, description: String, proxyStatus: Int? = nil) {
        self.kind = kind
        self.proxyStatus = proxyStatus
        self.description = description
    }
}
