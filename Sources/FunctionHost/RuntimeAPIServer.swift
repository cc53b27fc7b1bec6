import CSandbox
import Foundation

/// Lambda's Runtime API for one sandbox: HTTP/1.1 on a port of 127.0.0.1 that only this sandbox knows.
///
/// It never waits by itself: `serve` does what can be done now, and a request is answered when the host says so. A
/// runtime that asks for its next event simply gets no answer until there is one.
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
final class RuntimeAPIServer {
    struct Request {
        var method: String
        var path: String
        var headers: [String: String]
        var body: [UInt8]
        fileprivate var connection: Int32

        /// What follows `/2018-06-01/runtime/`.
        var call: Substring? {
            let prefix = "/2018-06-01/runtime/"
            return path.hasPrefix(prefix) ? path.dropFirst(prefix.count) : nil
        }
    }

    private let listener: Int32
    let authority: String
    private var connections: [Int32: Connection] = [:]
    private var arrived: [Request] = []

    init() throws(SandboxError) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard listening else {
            let reason = String(cString: strerror(errno))
            close(listener)
            throw SandboxError("could not open a port on 127.0.0.1 for the Runtime API: \(reason)")
        }
        self.listener = listener
        authority = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    deinit {
        for descriptor in connections.keys { close(descriptor) }
        close(listener)
    }

    /// To wait on.
    var descriptors: [pollfd] {
        ([listener] + connections.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    }

    func takeRequest() -> Request? { arrived.isEmpty ? nil : arrived.removeFirst() }

    /// Accepts and reads what has come.
    func serve() {
        while true {
            let descriptor = csandbox_accept(listener)
            guard descriptor >= 0 else { break }
            var yes: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
            connections[descriptor] = Connection()
        }
        for descriptor in Array(connections.keys) { read(descriptor) }
    }

    private func read(_ descriptor: Int32) {
        guard var connection = connections.removeValue(forKey: descriptor) else { return }
        let isOpen = connection.receive(from: descriptor)
        if connection.expectsContinue { _ = send("HTTP/1.1 100 Continue\r\n\r\n".utf8, to: descriptor) }
        while var request = connection.takeRequest() {
            request.connection = descriptor
            arrived.append(request)
        }
        if isOpen { connections[descriptor] = connection } else { close(descriptor) }
    }

    /// Answers a request. False where the connection is gone.
    @discardableResult
    func answer(
        _ request: Request, status: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) -> Bool {
        guard connections[request.connection] != nil else { return false }
        var head = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return send((head + "\r\n").utf8, to: request.connection) && send(body, to: request.connection)
    }

    private func send(_ bytes: some Sequence<UInt8>, to descriptor: Int32) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var wait = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
                // A runtime that has not read any bytes for this long never will.
                guard poll(&wait, 1, 10_000) > 0 else { return false }
                continue
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The bytes of one connection, cut into requests.
    private struct Connection {
        var bytes: [UInt8] = []
        private var head: (method: String, path: String, headers: [String: String], length: Int)?
        var expectsContinue = false

        /// False at the end of the connection.
        mutating func receive(from descriptor: Int32) -> Bool {
            var chunk = [UInt8](repeating: 0, count: 256 * 1024)
            while true {
                let count = recv(descriptor, &chunk, chunk.count, 0)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { break }
                guard count > 0 else { return false }
                bytes += chunk[..<count]
            }
            readHead()
            return true
        }

        mutating func takeRequest() -> Request? {
            readHead()
            guard let found = head, bytes.count >= found.length else { return nil }
            let body = Array(bytes.prefix(found.length))
            bytes.removeFirst(found.length)
            head = nil
            return Request(
                method: found.method, path: found.path, headers: found.headers, body: body, connection: -1)
        }

        private mutating func readHead() {
            expectsContinue = false
            guard head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            bytes.removeSubrange(..<end.upperBound)
            let words = lines[0].split(separator: " ")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                headers[line[..<colon].lowercased()] = value
            }
            let length = max(0, Int(headers["content-length"] ?? "0") ?? 0)
            expectsContinue = headers["expect"]?.lowercased() == "100-continue" && bytes.count < length
            head = (words.first.map(String.init) ?? "", words.dropFirst().first.map(String.init) ?? "", headers, length)
        }
    }
}
