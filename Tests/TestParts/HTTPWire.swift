import Foundation

/// Whole HTTP/1.1 messages from and to sockets.
enum HTTPWire {
    struct Message {
        var head: HTTPHead
        var bytes: [UInt8]
        var body: [UInt8] { Array(bytes[head.length...]) }
        /// Of a request.
        var method: String { words[0] }
        var target: String { words.count > 1 ? words[1] : "" }
        private var words: [String] { head.line.components(separatedBy: " ") }
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
    static func exchange(_ request: Message, port: Int) -> Message? {
        guard let connection = try? Socket.connected(port: port) else { return nil }
        defer { close(connection) }
        guard Socket.send(request.bytes, to: connection) else { return nil }
        var bytes: [UInt8] = []
        var head: HTTPHead?
        while true {
            if head == nil { head = HTTPHead(bytes) }
            if let head, let end = end(of: head, bytes, request.method), bytes.count >= end {
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
