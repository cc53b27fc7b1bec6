import CTestParts
import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// An HTTP proxy between a client and a real server on 127.0.0.1 that damages what a script tells it to: the fault is
/// in the connection, the server behind it is whole.
///
/// It tells apart what matters to a writer: whether the request reached the server, and whether the answer came back.
///
/// `@unchecked`: everything that changes is guarded by `state`.
public final class FaultProxy: @unchecked Sendable {
    public enum Fault: Sendable {
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

    public struct Request: Sendable {
        /// Counts the proxy's requests from 1.
        public let number: Int
        public let method: String
        public let target: String
        public let headers: HTTPHead
        public let body: [UInt8]
    }

    public let port: Int
    public var url: String { "http://127.0.0.1:\(port)" }
    private let target: Int
    private let script: @Sendable (Request) -> Fault
    private let listener: Int32
    private let state = NSCondition()
    private var open: Set<Int32> = []
    private var count = 0
    private var held = 0
    private var closed = false

    /// - Parameters:
    ///   - target: the real server's port.
    ///   - script: called on a thread of the connection's own.
    public init(to target: Int, _ script: @escaping @Sendable (Request) -> Fault) throws {
        self.target = target
        self.script = script
        (listener, port) = try Socket.listening()
        Thread.detachNewThread { self.accept() }
    }

    /// Refuses from now on, and ends what is open, but not requests that are held back.
    public func close() {
        guarded {
            guard !closed else { return }
            closed = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    /// How many requests came.
    public var requestCount: Int { guarded { count } }

    /// Returns when no request is held back any more.
    public func drain() {
        state.lock()
        while held > 0 { state.wait() }
        state.unlock()
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
            let isWelcome = guarded {
                if !closed { open.insert(connection) }
                return !closed
            }
            guard isWelcome else {
                Glibc.close(connection)
                break
            }
            Thread.detachNewThread { self.serve(connection) }
        }
        Glibc.close(listener)
    }

    private func serve(_ connection: Int32) {
        var pending: [UInt8] = []
        while let request = HTTPWire.request(from: connection, &pending) {
            guard carryOut(request, connection) else { break }
        }
        guarded {
            open.remove(connection)
            Glibc.close(connection)
        }
    }

    /// False where the connection is to end.
    private func carryOut(_ message: HTTPWire.Message, _ connection: Int32) -> Bool {
        let words = message.head.line.components(separatedBy: " ")
        let request = guarded {
            count += 1
            held += 1
            return Request(
                number: count, method: words[0], target: words.count > 1 ? words[1] : "", headers: message.head,
                body: message.body)
        }
        let fault = script(request)
        if case .late(let milliseconds) = fault { usleep(milliseconds * 1000) }
        var answer: HTTPWire.Message?
        switch fault {
        case .answer, .resetBefore, .stallBefore: break
        default: answer = HTTPWire.exchange(message, port: target, method: request.method)
        }
        guarded { held -= 1 }
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
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
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
            let length = (answer?.body.count ?? 0) + off
            let lines =
                bytes.isEmpty ? [] : (answer?.head.headers ?? []).filter { $0.name.lowercased() != "content-length" }
            let head =
                ([answer?.head.line ?? ""] + lines.map { "\($0.name): \($0.value)" } + ["Content-Length: \(length)"])
                .joined(separator: "\r\n") + "\r\n\r\n"
            return Socket.send(Array(head.utf8) + (answer?.body ?? []), to: connection)
        }
    }
}

/// Whole HTTP/1.1 messages from and to sockets.
enum HTTPWire {
    struct Message {
        var head: HTTPHead
        var bytes: [UInt8]
        var body: [UInt8] { Array(bytes[head.length...]) }
    }

    static func request(from connection: Int32, _ pending: inout [UInt8]) -> Message? {
        var head: HTTPHead?
        while true {
            if head == nil { head = HTTPHead(pending) }
            if let head {
                let end = head.length + (Int(head["Content-Length"] ?? "0") ?? 0)
                if pending.count >= end {
                    let bytes = Array(pending[..<end])
                    pending.removeFirst(end)
                    return Message(head: head, bytes: bytes)
                }
            }
            guard Socket.receive(from: connection, into: &pending) else { return nil }
        }
    }

    /// Sends the request as it is, over a connection of its own, and reads the whole answer.
    static func exchange(_ request: Message, port: Int, method: String) -> Message? {
        guard let connection = try? Socket.connected(port: port) else { return nil }
        defer { close(connection) }
        guard Socket.send(request.bytes, to: connection) else { return nil }
        var bytes: [UInt8] = []
        var head: HTTPHead?
        while true {
            if head == nil { head = HTTPHead(bytes) }
            if let head, let end = end(of: head, bytes, method), bytes.count >= end {
                return Message(head: head, bytes: bytes)
            }
            guard Socket.receive(from: connection, into: &bytes) else {
                return head.map { Message(head: $0, bytes: bytes) }
            }
        }
    }

    /// Where the answer ends; `nil` while that is not known.
    private static func end(of head: HTTPHead, _ bytes: [UInt8], _ method: String) -> Int? {
        let status = head.line.split(separator: " ").dropFirst().first
        if method == "HEAD" || status == "204" || status == "304" { return head.length }
        if let length = head["Content-Length"].flatMap({ Int($0) }) { return head.length + length }
        guard head["Transfer-Encoding"] != nil else { return nil }
        return bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8) ? bytes.count : nil
    }
}
