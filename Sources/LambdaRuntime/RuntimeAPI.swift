import Bytes
import HTTP

/// The Runtime API of version 2018-06-01: where it is and how it is called. Each endpoint has a file of its own.
struct RuntimeAPI {
    /// `http://HOST:PORT/2018-06-01/runtime/`
    let base: String
    let client: HTTPClient

    /// `authority` is what `AWS_LAMBDA_RUNTIME_API` holds: host and port.
    init(authority: String) {
        base = "http://\(authority)/2018-06-01/runtime/"
        // One connection is enough: every request waits for the one before it. And a proxy set for the function's
        // own calls must not get hold of these.
        client = HTTPClient(HTTPClient.Configuration(usesProxyEnvironment: false, keptConnections: 1))
    }

    /// What a POST got back: the service answers at once, so a silence is bounded.
    func post(
        _ path: String, _ body: ByteBuffer, headers: [(name: String, value: String)]
    ) throws(HTTPFailure) -> HTTPResponse {
        try client.send(
            HTTPRequest(
                .post, base + path, headers: headers + [(HeaderName.contentType, "application/json")], body: body,
                limits: HTTPLimits(connect: 3_000, total: 30_000), responseLimit: 1 << 20))
    }
}

/// What the service said to a reply, and what the loop must know of it.
enum ReplyOutcome: Equatable {
    case accepted
    /// The service rejects this response; the loop continues. The text says why.
    case refused(String)
    /// The service asks the runtime to end: "non-recoverable state" (500).
    case mustExit(String)

    init(_ response: HTTPResponse) {
        let detail = response.body.isEmpty ? "" : ": " + String(response.body.text.prefix(500))
        switch response.status {
        case 200..<300: self = .accepted
        case 410: self = .refused("the invocation timed out before its response arrived (410)")
        case 413: self = .refused("the response exceeds Lambda's limit of 6 MiB (413); the invocation has failed")
        case 500...: self = .mustExit("the Runtime API failed (\(response.status))\(detail)")
        default: self = .refused("the Runtime API rejected the response (\(response.status))\(detail)")
        }
    }
}
