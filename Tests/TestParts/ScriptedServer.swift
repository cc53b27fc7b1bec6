/// An HTTP/1.1 server over real sockets that does what a script says, also what no good server does.
/// It listens on 127.0.0.1 at a free port, keeps connections alive, gives each a thread, and records every request.
///
///     let server = try ScriptedServer { request in
///         request.number == 1 ? .reset : .respond(200, body: "hello")
///     }
package final class ScriptedServer: Sendable {
    package struct Request: Sendable {
        /// Counts the server's requests from 1.
        package let number: Int
        /// Counts the server's connections from 1.
        package let connectionNumber: Int
        package let method: String
        /// Path and query as they came.
        package let target: String
        package let headers: HTTPHead
        package let body: [UInt8]
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What is sent, and what becomes of the connection after that.
    package struct Action: Sendable, CustomStringConvertible {
        package enum Ending: Sendable {
            case keep
            /// An orderly end (FIN).
            case close
            /// RST: the peer's next read or write fails.
            case reset
            /// Nothing more until `release()` or the server's end.
            case stall
        }
        enum Message: Sendable {
            case response(status: Int, headers: [(String, String)], body: [UInt8])
            case raw([UInt8])
            /// These bytes, and then the others over and over.
            case endless([UInt8], piece: [UInt8])
        }
        let message: Message
        /// How much of the body is sent; `nil` is all of it.
        fileprivate(set) var sentBody: Int?
        let ending: Ending

        package var description: String {
            switch message {
            case .response(let status, _, let body):
                "\(status), \(sentBody ?? body.count) of \(body.count) bytes, then \(ending)"
            case .raw(let bytes): bytes.isEmpty ? "\(ending)" : "\(bytes.count) raw bytes, then \(ending)"
            case .endless(let bytes, _): "\(bytes.count) raw bytes, then more without end"
            }
        }

        /// `Content-Length` is added where `headers` have none, and so is `ETag` to a success about an object of S3,
        /// as S3 does; an empty one leaves it out. To a HEAD only the head is sent.
        package static func respond(
            _ status: Int, headers: [(String, String)] = [], body: some Sequence<UInt8>, then ending: Ending = .keep
        ) -> Action {
            Action(message: .response(status: status, headers: headers, body: Array(body)), ending: ending)
        }

        package static func respond(
            _ status: Int, headers: [(String, String)] = [], body: String = "", then ending: Ending = .keep
        ) -> Action {
            respond(status, headers: headers, body: body.utf8, then: ending)
        }

        /// The head and `sent` bytes of the body, then the end.
        package static func half(
            _ status: Int, headers: [(String, String)] = [], body: String, sent: Int, then ending: Ending = .close
        ) -> Action {
            var action = respond(status, headers: headers, body: body, then: ending)
            action.sentBody = sent
            return action
        }

        package static func raw(_ text: String, then ending: Ending) -> Action {
            Action(message: .raw(Array(text.utf8)), ending: ending)
        }

        /// The text, and then `piece` over and over until the peer is gone.
        package static func endless(_ text: String, piece: String) -> Action {
            Action(message: .endless(Array(text.utf8), piece: Array(piece.utf8)), ending: .close)
        }

        /// A body in chunks that never ends.
        package static func endless(_ status: Int, headers: [(String, String)] = [], body: String) -> Action {
            let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
            let filler = String(repeating: "x", count: 65_536)
            return endless(
                "HTTP/1.1 \(status) Scripted\r\n\(lines)Transfer-Encoding: chunked\r\n\r\n"
                    + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n",
                piece: "10000\r\n\(filler)\r\n")
        }

        package static let close = raw("", then: .close)
        package static let reset = raw("", then: .reset)
        package static let stall = raw("", then: .stall)
    }

    package let port: Int
    /// `127.0.0.1:PORT`, as `AWS_LAMBDA_RUNTIME_API` has it.
    package var authority: String { "127.0.0.1:\(port)" }
    package var url: String { "http://\(authority)" }

    private let connections: ScriptedConnections

    package init(_ script: @escaping @Sendable (Request) -> Action) throws {
        let listener = try Listener()
        port = listener.port
        connections = ScriptedConnections(listener, script)
    }

    deinit { close() }

    /// Ends the listener and every connection. The port refuses from now on.
    package func close() { connections.close() }

    /// Lets every stalled connection end.
    package func release() { connections.release() }

    package var requests: [Request] { connections.requests }

    /// How many bytes were sent by endless answers so far.
    package var endlessBytesSent: Int { connections.endlessBytesSent }

    /// How many connections were accepted so far.
    package var connectionsAccepted: Int { connections.accepted }

    /// Waits for the `number`th request, counted from 1.
    @discardableResult
    package func request(_ number: Int, within seconds: Double = 20) throws -> Request {
        try request(within: seconds, "request \(number)") { $0.number == number }
    }

    /// Waits for the first request that `matches`.
    @discardableResult
    package func request(
        within seconds: Double = 20, _ what: String = "a matching request", where matches: (Request) -> Bool
    ) throws -> Request {
        try connections.request(within: seconds, what, where: matches)
    }
}
