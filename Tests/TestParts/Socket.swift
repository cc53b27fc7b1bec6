import Libc

package struct SocketError: Error, CustomStringConvertible {
    package let description: String

    init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
}

/// Blocking TCP on 127.0.0.1. Descriptors are close-on-exec, or a program started by one test would hold
/// the connections of another open.
package enum Socket {
    /// A listening socket on `port`, or on a free one.
    /// `backlog` 0 and two unaccepted connections make one that answers no SYN.
    package static func listening(port: Int = 0, backlog: Int32 = 128) throws -> (descriptor: Int32, port: Int) {
        let descriptor = try open()
        var address = loopback(port: port)
        guard withSocketAddress(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
            defer { close(descriptor) }
            throw SocketError("bind and listen")
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    package static func connected(port: Int) throws -> Int32 {
        let descriptor = try open()
        var address = loopback(port: port)
        guard withSocketAddress(&address, { connect(descriptor, $0, $1) }) == 0 else {
            defer { close(descriptor) }
            throw SocketError("connect to 127.0.0.1:\(port)")
        }
        return descriptor
    }

    /// Sends all of `bytes`; false where the peer is gone.
    @discardableResult
    static func send(_ bytes: some Sequence<UInt8>, to descriptor: Int32) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Libc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Appends what has come to `bytes`; false at the end of the connection.
    static func receive(from descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes += chunk[..<count]
            return true
        }
    }

    /// Makes the peer's next read or write fail (RST) when the connection is closed.
    static func resetAtEnd(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    private static func open() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError("socket") }
        return descriptor
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return address
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
