import Libc

/// An HTTP proxy between a client and a real server on 127.0.0.1 that damages what a script tells it to: the fault is
/// in the connection, the server behind it is whole.
///
/// It tells apart what matters to a writer: whether the request reached the server, and whether the answer came back.
///
/// `@unchecked`: everything that changes is guarded by `state`.
package final class FaultProxy: @unchecked Sendable {
    package enum Fault: Sendable {
        case none
        /// Nothing is handed on; these bytes are the answer, and the connection ends.
        case answer(String)
        /// The connection is reset (RST) and the server never sees the request.
        case resetBefore
        /// The server carries the request out; the client gets a reset instead of the answer.
        case resetAfter
        /// The server carries the request out; the connection ends (FIN) after half of the answer.
        case half
        /// The request goes no further, and the client hears nothing for so long.
        case stallBefore(seconds: Double)
        /// The server carries the request out, and the client hears nothing for so long.
        case stallAfter(seconds: Double)
        /// The answer comes byte by byte, with a pause after each.
        case trickle(milliseconds: UInt32)
        /// The answer's `Content-Length` is off by so many bytes, and the connection stays open.
        case length(off: Int)
        /// The request is handed on only after so long, also where the client is dead by then: the network's memory.
        case late(milliseconds: UInt32)
        /// The server carries the request out, and this runs before the client hears of it.
        case then(@Sendable () -> Void)
    }

    package struct Request: Sendable {
        /// Counts the proxy's requests from 1.
        package let number: Int
        package let method: String
        package let target: String
        package let headers: HTTPHead
        package let body: [UInt8]
    }

    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)" }
    private let target: Int
    private let script: @Sendable (Request) -> Fault
    private let listener: Listener
    private let state = Monitor()
    private var count = 0
    private var held = 0

    /// - Parameters:
    ///   - target: the real server's port.
    ///   - script: called on a thread of the connection's own.
    package init(to target: Int, _ script: @escaping @Sendable (Request) -> Fault) throws {
        self.target = target
        self.script = script
        listener = try Listener()
        port = listener.port
        listener.start { connection, _ in
            var pending: [UInt8] = []
            while let request = HTTPWire.request(from: connection, &pending) {
                guard self.carryOut(request, connection) else { break }
            }
        }
    }

    /// Refuses from now on, and ends what is open, but not requests that are held back.
    package func close() { listener.close() }

    /// How many requests came.
    package var requestCount: Int { state.change { count } }

    /// Returns when no request is held back any more.
    package func drain() { _ = state.wait { held == 0 ? true : nil } }

    /// False where the connection is to end.
    private func carryOut(_ message: HTTPWire.Message, _ connection: Int32) -> Bool {
        let request = state.change {
            count += 1
            held += 1
            return Request(
                number: count, method: message.method, target: message.target, headers: message.head,
                body: message.body)
        }
        let fault = script(request)
        if case .late(let milliseconds) = fault { usleep(milliseconds * 1000) }
        var answer: HTTPWire.Message?
        switch fault {
        case .answer, .resetBefore, .stallBefore: break
        default: answer = HTTPWire.exchange(message, port: target)
        }
        state.change { held -= 1 }
        if case .then(let action) = fault { action() }
        return reply(fault, answer, connection)
    }

    private func reply(_ fault: Fault, _ answer: HTTPWire.Message?, _ connection: Int32) -> Bool {
        let bytes = answer?.bytes ?? []
        switch fault {
        case .none, .late, .then: return !bytes.isEmpty && Socket.send(bytes, to: connection)
        case .answer(let text):
            Socket.send(Array(text.utf8), to: connection)
            return false
        case .resetBefore, .resetAfter:
            Socket.resetAtEnd(connection)
            return false
        case .half:
            Socket.send(bytes.prefix(bytes.count / 2), to: connection)
            return false
        case .stallBefore(let seconds), .stallAfter(let seconds):
            // Until the client gives up: its hanging up is something to read.
            var poller = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, Int32(seconds * 1000))
            return false
        case .trickle(let milliseconds):
            for byte in bytes {
                guard Socket.send([byte], to: connection) else { return false }
                usleep(milliseconds * 1000)
            }
            return true
        case .length(let off):
            guard let answer else { return false }
            let headers = answer.head.headers.filter { $0.name.lowercased() != "content-length" }
            let lines = headers.map { "\($0.name): \($0.value)" } + ["Content-Length: \(answer.body.count + off)"]
            let head = ([answer.head.line] + lines).joined(separator: "\r\n") + "\r\n\r\n"
            return Socket.send(Array(head.utf8) + answer.body, to: connection)
        }
    }
}
