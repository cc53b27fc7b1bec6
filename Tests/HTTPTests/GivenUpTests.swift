import Bytes
import Foundation
import HTTP
import TestParts
import Testing

@Suite struct `A request that is given up` {
    /// What a peer gets that reads only now: how many bytes, and whether the connection was reset.
    private func readToEnd(_ connection: Int32) -> (count: Int, isReset: Bool) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var count = 0
        while true {
            let got = recv(connection, &chunk, chunk.count, 0)
            guard got > 0 else { return (count, got < 0 && errno == ECONNRESET) }
            count += got
        }
    }

    /// Fits into the sender's socket as a whole, so that the kernel could go on alone.
    private static let length = 1 << 20

    private func body() -> ByteBuffer {
        let body = ByteBuffer()
        body.append(String(repeating: "x", count: Self.length))
        return body
    }

    /// Listens with little room for what comes.
    private func listening() throws -> (descriptor: Int32, port: Int) {
        let listener = try Socket.listening()
        var room: Int32 = 4096
        setsockopt(listener.descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout.size(ofValue: room)))
        return listener
    }

    @Test func `is never completed by the kernel afterwards`() throws {
        let listener = try listening()
        defer { close(listener.descriptor) }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(
                HTTPRequest(.put, "http://127.0.0.1:\(listener.port)/k", body: body(), limits: HTTPLimits(total: 300)))
        }
        #expect(failure?.kind == .timedOut)
        let connection = accept(listener.descriptor, nil, nil)
        defer { close(connection) }
        let (count, isReset) = readToEnd(connection)
        #expect(isReset && count < Self.length)
    }

    @Test func `is never completed when its client goes`() throws {
        let listener = try listening()
        defer { close(listener.descriptor) }
        var client: HTTPClient? = HTTPClient()
        client?.start(HTTPRequest(.put, "http://127.0.0.1:\(listener.port)/k", body: body())) { _ in
            Issue.record("it was ended")
        }
        client?.poll(milliseconds: 300)
        let connection = accept(listener.descriptor, nil, nil)
        defer { close(connection) }
        client = nil
        let (count, isReset) = readToEnd(connection)
        #expect(isReset && count < Self.length)
    }

    @Test func `is told from one that was answered, whose connection ends as usual`() throws {
        let listener = try Socket.listening()
        defer { close(listener.descriptor) }
        var client: HTTPClient? = HTTPClient()
        var status: Int?
        client?.start(HTTPRequest(.get, "http://127.0.0.1:\(listener.port)/")) { status = (try? $0.get())?.status }
        client?.poll(milliseconds: 300)
        let connection = accept(listener.descriptor, nil, nil)
        defer { close(connection) }
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        #expect(send(connection, answer, answer.count, 0) == answer.count)
        client?.poll(milliseconds: 20_000)
        #expect(status == 200)
        client = nil
        #expect(readToEnd(connection).isReset == false)
    }
}
