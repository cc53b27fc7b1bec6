import CTestParts
import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// What runs behind a `ScriptedServer`: its threads own this, so that the server itself can go when its test ends.
///
/// `@unchecked`: everything that changes is guarded by `state`.
final class ScriptedConnections: @unchecked Sendable {
    typealias Request = ScriptedServer.Request
    typealias Action = ScriptedServer.Action

    private let listener: Int32
    private let script: @Sendable (Request) -> Action
    private let state = NSCondition()
    private var recorded: [Request] = []
    private var open: Set<Int32> = []
    private var count = 0
    private var endlessly = 0
    private var released = false
    private var closed = false

    init(_ listener: Int32, _ script: @escaping @Sendable (Request) -> Action) {
        self.listener = listener
        self.script = script
        Thread.detachNewThread { self.accept() }
    }

    /// Wakes the threads, which close the descriptors that they own: a number closed here might be another's by then.
    func close() {
        guarded {
            guard !closed else { return }
            closed = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    func release() { guarded { released = true } }

    var requests: [Request] { guarded { recorded } }

    var endlessBytesSent: Int { guarded { endlessly } }

    var accepted: Int { guarded { count } }

    func request(within seconds: Double, _ what: String, where matches: (Request) -> Bool) throws -> Request {
        let end = Date(timeIntervalSinceNow: seconds)
        state.lock()
        defer { state.unlock() }
        while true {
            if let found = recorded.first(where: matches) { return found }
            guard state.wait(until: end) else {
                let seen = recorded.map { "\($0.method) \($0.target)" }
                throw WaitedInVain(description: "\(what) did not come in \(seconds) s; came: \(seen)")
            }
        }
    }

    private func guarded<Value>(_ body: () -> Value) -> Value {
        state.lock()
        defer {
            state.broadcast()
            state.unlock()
        }
        return body()
    }

    private func accept() {
        while true {
            let connection = test_parts_accept(listener)
            if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard connection >= 0 else { break }
            let number: Int? = guarded {
                guard !closed else { return nil }
                open.insert(connection)
                count += 1
                return count
            }
            guard let number else {
                Glibc.close(connection)
                break
            }
            Thread.detachNewThread { self.serve(connection, number) }
        }
        Glibc.close(listener)
    }

    private func serve(_ connection: Int32, _ number: Int) {
        var pending: [UInt8] = []
        while let (head, body) = readRequest(connection, &pending) {
            guard answer(head, body, connection, number) else { break }
        }
        guarded {
            open.remove(connection)
            Glibc.close(connection)
        }
    }

    private func readRequest(_ connection: Int32, _ pending: inout [UInt8]) -> (HTTPHead, [UInt8])? {
        var head: HTTPHead?
        while true {
            if head == nil { head = HTTPHead(pending) }
            if let head {
                let end = head.length + (Int(head["Content-Length"] ?? "0") ?? 0)
                if pending.count >= end {
                    let body = Array(pending[head.length..<end])
                    pending.removeFirst(end)
                    return (head, body)
                }
            }
            guard Socket.receive(from: connection, into: &pending) else { return nil }
        }
    }

    /// False where the connection is to end.
    private func answer(_ head: HTTPHead, _ body: [UInt8], _ connection: Int32, _ number: Int) -> Bool {
        let words = head.line.components(separatedBy: " ")
        let request = guarded {
            let request = Request(
                number: recorded.count + 1, connectionNumber: number, method: words[0],
                target: words.count > 1 ? words[1] : "", headers: head, body: body)
            recorded.append(request)
            return request
        }
        let action = script(request)
        let sent = Socket.send(action.bytes(answering: request), to: connection)
        if case .endless(_, let piece) = action.message {
            while Socket.send(piece, to: connection) { guarded { endlessly += piece.count } }
        }
        switch action.ending {
        case .keep: return sent
        case .close: return false
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            return false
        case .stall:
            state.lock()
            while !released && !closed { state.wait() }
            state.unlock()
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
