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

    @Test func `a refused connection and an unknown host are unreachable`() throws {
        let port = try TestParts.freePort()
        for host in ["127.0.0.1:\(port)", "no-such-host.invalid"] {
            let failure = #expect(throws: HTTPFailure.self) {
                try HTTPClient().send(HTTPRequest(.get, "http://\(host)/secret?token=abc"))
            }
            #expect(failure?.kind == .unreachable)
            #expect(failure?.description.contains("secret") == false)
            #expect(failure?.description.contains(host.split(separator: ":")[0]) == true)
        }
    }

    @Test func `a URL that is none is the caller's fault`() {
        for url in ["", "ftp://127.0.0.1/", "http://"] {
            let failure = #expect(throws: HTTPFailure.self) { try HTTPClient().send(HTTPRequest(.get, url)) }
            #expect(failure?.kind == .invalid)
        }
    }
}
