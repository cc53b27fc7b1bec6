/// What runs behind a `ScriptedServer`: its threads own this, so that the server itself can go when its test ends.
///
/// `@unchecked`: everything that changes is guarded by `state`.
final class ScriptedConnections: @unchecked Sendable {
    typealias Request = ScriptedServer.Request
    typealias Action = ScriptedServer.Action

    private let listener: Listener
    private let script: @Sendable (Request) -> Action
    private let state = Monitor()
    private var recorded: [Request] = []
    private var endlessly = 0
    private var isReleased = false

    init(_ listener: Listener, _ script: @escaping @Sendable (Request) -> Action) {
        self.listener = listener
        self.script = script
        listener.start { connection, number in
            var pending: [UInt8] = []
            while let message = HTTPWire.request(from: connection, &pending) {
                guard self.answer(message, connection, number) else { break }
            }
        }
    }

    func close() {
        listener.close()
        release()
    }

    func release() { state.change { isReleased = true } }

    var requests: [Request] { state.change { recorded } }

    var endlessBytesSent: Int { state.change { endlessly } }

    var accepted: Int { listener.accepted }

    func request(within seconds: Double, _ what: String, where matches: (Request) -> Bool) throws -> Request {
        if let found = state.wait(within: seconds, until: { recorded.first(where: matches) }) { return found }
        let seen = requests.map { "\($0.method) \($0.target)" }
        throw WaitedInVain(description: "\(what) did not come in \(seconds) s; came: \(seen)")
    }

    /// False where the connection is to end.
    private func answer(_ message: HTTPWire.Message, _ connection: Int32, _ number: Int) -> Bool {
        let request = state.change {
            let request = Request(
                number: recorded.count + 1, connectionNumber: number, method: message.method,
                target: message.target, headers: message.head, body: message.body)
            recorded.append(request)
            return request
        }
        let action = script(request)
        let sent = Socket.send(action.bytes(answering: request), to: connection)
        if case .endless(_, let piece) = action.message {
            while Socket.send(piece, to: connection) { state.change { endlessly += piece.count } }
        }
        switch action.ending {
        case .keep: return sent
        case .close: return false
        case .reset:
            Socket.resetAtEnd(connection)
            return false
        case .stall:
            _ = state.wait { isReleased ? true : nil }
            return false
        }
    }
}

extension ScriptedServer.Action {
    /// What goes over the wire. To a HEAD only the head, whose `Content-Length` is that of the body left out.
    fileprivate func bytes(answering request: ScriptedServer.Request) -> [UInt8] {
        switch message {
        case .raw(let bytes), .endless(let bytes, _): return bytes
        case .response(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Scripted\r\n"
            for (name, value) in headers where name != "ETag" || !value.isEmpty { head += "\(name): \(value)\r\n" }
            let isAnObject = [200, 204].contains(status) && request.isAboutAnObjectOfS3
            if isAnObject, !headers.contains(where: { $0.0 == "ETag" }) { head += "ETag: \"scripted\"\r\n" }
            let hasLength = headers.contains { ["content-length", "transfer-encoding"].contains($0.0.lowercased()) }
            if !hasLength, status != 204, status != 304 { head += "Content-Length: \(body.count)\r\n" }
            return Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : body.prefix(sentBody ?? body.count))
        }
    }
}

extension ScriptedServer.Request {
    /// Signed for S3, and no LIST.
    fileprivate var isAboutAnObjectOfS3: Bool {
        headers["Authorization"]?.contains("/s3/aws4_request") == true && !target.contains("?")
    }
}
