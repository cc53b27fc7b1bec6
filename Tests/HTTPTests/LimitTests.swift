import Bytes
import Foundation
import HTTP
import TestParts
import Testing

@Suite struct `Limits end a request` {
    @Test func `the limit on the whole request`() throws {
        let server = try ScriptedServer { _ in .stall }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(HTTPRequest(.get, server.url, limits: HTTPLimits(total: 200)))
        }
        #expect(failure?.kind == .timedOut)
        #expect(failure?.description.hasPrefix("GET \(server.url)") == true)
    }

    @Test func `the limit on the whole request covers a second sending too`() throws {
        let server = try ScriptedServer { $0.number == 1 ? .respond(200) : .stall }
        let client = HTTPClient()
        _ = try client.send(HTTPRequest(.get, server.url))
        let failure = #expect(throws: HTTPFailure.self) {
            try client.send(HTTPRequest(.get, server.url, limits: HTTPLimits(total: 200)))
        }
        #expect(failure?.kind == .timedOut)
        #expect(server.requests.count == 2)
    }

    @Test func `a request has its own limits and not those of the one before it`() throws {
        let server = try ScriptedServer {
            // Longer than the first one's limits, silence included, which libcurl takes a second or two more to notice.
            if $0.number == 2 { usleep(3_500_000) }
            return .respond(200)
        }
        let client = HTTPClient()
        _ = try client.send(HTTPRequest(.get, server.url, limits: HTTPLimits(total: 1_000, stall: 1_000)))
        #expect(try client.send(HTTPRequest(.get, server.url)).status == 200)
        #expect(server.requests.map(\.connectionNumber) == [1, 1])
    }

    @Test func `the limit on silence`() throws {
        let server = try ScriptedServer { _ in .half(200, body: "0123456789", sent: 4, then: .stall) }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(HTTPRequest(.get, server.url, limits: HTTPLimits(stall: 1000)))
        }
        #expect(failure?.kind == .timedOut)
    }

    @Test func `the limit on connecting, to a host that answers no SYN`() throws {
        // A queue of length 0 holds one connection; with it full the kernel drops what comes.
        let listener = try Socket.listening(backlog: 0)
        let filling = try Socket.connected(port: listener.port)
        defer { [listener.descriptor, filling].forEach { close($0) } }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(
                HTTPRequest(.get, "http://127.0.0.1:\(listener.port)/", limits: HTTPLimits(connect: 300)))
        }
        #expect(failure?.kind == .timedOut)
    }

    @Test func `the limit on the exchange, on a connection that is new and on one that was there`() throws {
        let server = try ScriptedServer { $0.number == 2 ? .respond(200) : .stall }
        let client = HTTPClient()
        for isAnswered in [false, true, false] {
            let request = HTTPRequest(.get, server.url, limits: HTTPLimits(exchange: isAnswered ? 0 : 200))
            let outcome = Result { try client.send(request) }
            #expect((try? outcome.get())?.status == (isAnswered ? 200 : nil))
            guard case .failure(let failure as HTTPFailure) = outcome else { continue }
            #expect(failure.kind == .timedOut && failure.description.hasSuffix("no response within 200 ms"))
        }
        #expect(server.requests.map(\.connectionNumber) == [1, 2, 2])
    }

    @Test func `a refused connection and an unknown host are unreachable`() throws {
        let port = try TestParts.freePort()
        let cases = [("127.0.0.1:\(port)", HTTPFailure.Kind.unreachable), ("no-such-host.invalid", .unresolved)]
        for (host, kind) in cases {
            let failure = #expect(throws: HTTPFailure.self) {
                try HTTPClient().send(HTTPRequest(.get, "http://\(host)/secret?token=abc"))
            }
            #expect(failure?.kind == kind)
            #expect(failure?.description.contains("secret") == false)
            #expect(failure?.description.contains(host.split(separator: ":")[0]) == true)
        }
    }

    @Test func `neither a user in the URL nor a secret is repeated`() throws {
        let port = try TestParts.freePort()
        for user in ["us%40er:pass@", "us%40er:pass@@", "us%40er@pass@"] {
            let failure = #expect(throws: HTTPFailure.self) {
                try HTTPClient().send(HTTPRequest(.get, "http://\(user)127.0.0.1:\(port)/k"))
            }
            #expect(failure?.description.contains("pass") == false && failure?.description.contains("us%40er") == false)
            #expect(failure?.description.hasPrefix("GET http://127.0.0.1:\(port): ") == true)
        }
        // libcurl says to which port it failed to connect.
        func text(_ secrets: [String]) -> String? {
            let client = HTTPClient(HTTPClient.Configuration(secrets: secrets))
            return #expect(throws: HTTPFailure.self) {
                try client.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/k"))
            }?.description
        }
        #expect(text(["absent"])?.contains(" port \(port)") == true)
        #expect(text(["absent", "port"]) == "GET http://127.0.0.1:\(port): Couldn't connect to server")
    }

    @Test func `a URL that is none is the caller's fault`() {
        for url in ["", "ftp://127.0.0.1/", "http://"] {
            let failure = #expect(throws: HTTPFailure.self) { try HTTPClient().send(HTTPRequest(.get, url)) }
            #expect(failure?.kind == .invalid)
        }
    }
}

@Suite struct `Limits on what is received` {
    /// What may lie in the sockets of both sides, in bytes, on top of what was received.
    private static let onItsWay = 16 << 20

    @Test func `a body of the limit's length is received, one byte more is not`() throws {
        let server = try ScriptedServer { .respond(200, body: $0.body) }
        let client = HTTPClient()
        func send(_ count: Int) throws -> Int {
            let body = ByteBuffer()
            body.append(String(repeating: "x", count: count))
            return try client.send(HTTPRequest(.put, server.url, body: body, responseLimit: 1_000)).body.count
        }
        #expect(try send(1_000) == 1_000)
        let failure = #expect(throws: HTTPFailure.self) { try send(1_001) }
        #expect(failure?.kind == .broken)
        #expect(failure?.description == "PUT \(server.url): the response is longer than 1000 bytes")
        #expect(try send(1) == 1)
        #expect(server.requests.count == 3)
    }

    @Test func `a length that is announced is refused before anything has come`() throws {
        let server = try ScriptedServer { _ in
            .half(200, body: String(repeating: "x", count: 1_001), sent: 0, then: .stall)
        }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(
                HTTPRequest(.get, server.url, limits: HTTPLimits(total: 20_000), responseLimit: 1_000))
        }
        #expect(failure?.kind == .broken)
    }

    @Test func `a HEAD tells the length of whatever size`() throws {
        let server = try ScriptedServer { _ in .respond(200, headers: [("Content-Length", "99999999999")]) }
        let response = try HTTPClient().send(HTTPRequest(.head, server.url, responseLimit: 10))
        #expect(response.headers["Content-Length"] == "99999999999")
    }

    @Test func `a body without an end is given up at the limit`() throws {
        let server = try ScriptedServer { _ in .endless(200, body: "x") }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(
                HTTPRequest(.get, server.url, limits: HTTPLimits(total: 20_000), responseLimit: 1_000))
        }
        #expect(failure?.kind == .broken && failure?.description.hasSuffix("longer than 1000 bytes") == true)
        #expect(server.endlessBytesSent < Self.onItsWay)
    }

    @Test func `headers without an end are given up`() throws {
        let server = try ScriptedServer { _ in .endless("HTTP/1.1 200 OK\r\n", piece: "X-More: and more\r\n") }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(HTTPRequest(.get, server.url, limits: HTTPLimits(total: 20_000)))
        }
        #expect(failure?.kind == .broken && failure?.description.contains("headers are longer") == true)
        #expect(server.endlessBytesSent < Self.onItsWay)
    }
}
