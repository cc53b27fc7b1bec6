import Foundation

/// HTTP/1.1 as bytes, no more than tests need.
package struct HTTPHead: Sendable {
    /// The request or status line.
    package let line: String
    package let headers: [(name: String, value: String)]
    /// Where the body begins.
    let length: Int

    /// `nil` while the blank line has not come.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        line = lines[0]
        headers = lines.dropFirst().map { text in
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            return (String(text[..<colon]), text[colon...].dropFirst().trimmingCharacters(in: .whitespaces))
        }
        length = end + 4
    }

    /// The first value under `name`, whatever its case; an empty one is given as such.
    package subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What a server answered to `TestParts.post`.
package struct HTTPAnswer: Sendable {
    package let status: Int
    package let head: HTTPHead
    package let body: [UInt8]
    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension TestParts {
    /// One POST to 127.0.0.1, answer read to its end. HTTP/1.0, so that no server answers in chunks.
    package static func post(
        port: Int, _ path: String, headers: [(String, String)] = [], body: some Sequence<UInt8>
    ) throws -> HTTPAnswer {
        let body = Array(body)
        var head = "POST \(path) HTTP/1.0\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        let connection = try Socket.connected(port: port)
        defer { close(connection) }
        Socket.send(Array((head + "\r\n").utf8) + body, to: connection)
        var bytes: [UInt8] = []
        while Socket.receive(from: connection, into: &bytes) {}
        guard let head = HTTPHead(bytes), let status = Int(head.line.split(separator: " ").dropFirst().first ?? "")
        else { throw WaitedInVain(description: "127.0.0.1:\(port)\(path) answered \(bytes.count) bytes, no HTTP") }
        return HTTPAnswer(status: status, head: head, body: Array(bytes[head.length...]))
    }
}
