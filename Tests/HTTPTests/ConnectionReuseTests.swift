import Bytes
import HTTP
import TestParts
import Testing

@Suite struct `Connections are used again` {
    @Test func `one connection serves request after request`() throws {
        let server = try ScriptedServer { _ in .respond(200, body: "ok") }
        let client = HTTPClient()
        for _ in 1...5 { #expect(try client.send(HTTPRequest(.get, server.url)).status == 200) }
        #expect(server.requests.map(\.connectionNumber) == [1, 1, 1, 1, 1])
    }

    @Test(arguments: [ScriptedServer.Action.close, .reset])
    func `a request that dies on a used connection is sent again on a fresh one`(_ death: ScriptedServer.Action) throws
    {
        let server = try ScriptedServer { $0.number == 2 ? death : .respond(200, body: $0.text) }
        let client = HTTPClient()
        let body = ByteBuffer()
        body.append("the whole body")
        #expect(try client.send(HTTPRequest(.get, server.url)).status == 200)
        let response = try client.send(HTTPRequest(.put, server.url, body: body))
        #expect(response.status == 200)
        #expect(response.body.text == "the whole body")
        // And the fresh one is used again.
        #expect(try client.send(HTTPRequest(.get, server.url)).status == 200)
        #expect(server.requests.map(\.connectionNumber) == [1, 1, 2, 2])
    }

    @Test(arguments: [ScriptedServer.Action.Ending.close, .reset])
    func `a connection that ended while it lay idle is not noticed`(_ ending: ScriptedServer.Action.Ending) throws {
        let server = try ScriptedServer { $0.number == 1 ? .respond(200, then: ending) : .respond(201) }
        let client = HTTPClient()
        #expect(try client.send(HTTPRequest(.get, server.url)).status == 200)
        #expect(try client.send(HTTPRequest(.get, server.url)).status == 201)
    }

    @Test func `a request is sent again only once`() throws {
        let server = try ScriptedServer { $0.number == 1 ? .respond(200) : .reset }
        let client = HTTPClient()
        _ = try client.send(HTTPRequest(.get, server.url))
        let failure = #expect(throws: HTTPFailure.self) { try client.send(HTTPRequest(.get, server.url)) }
        #expect(failure?.kind == .broken)
        #expect(server.requests.map(\.connectionNumber) == [1, 1, 2])
    }

    @Test(arguments: [ScriptedServer.Action.close, .reset])
    func `a request that dies on a fresh connection is the caller's to repeat`(_ death: ScriptedServer.Action) throws {
        let server = try ScriptedServer { _ in death }
        let failure = #expect(throws: HTTPFailure.self) { try HTTPClient().send(HTTPRequest(.get, server.url)) }
        #expect(failure?.kind == .broken)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [ScriptedServer.Action.Ending.close, .reset])
    func `nothing is sent again once a byte of the response has come`(_ ending: ScriptedServer.Action.Ending) throws {
        let server = try ScriptedServer {
            $0.number == 1 ? .respond(200) : .half(200, body: "0123456789", sent: 4, then: ending)
        }
        let client = HTTPClient()
        _ = try client.send(HTTPRequest(.get, server.url))
        let failure = #expect(throws: HTTPFailure.self) { try client.send(HTTPRequest(.get, server.url)) }
        #expect(failure?.kind == .broken)
        #expect(server.requests.count == 2)
    }

    @Test func `an answer that is not HTTP is not asked for again`() throws {
        let server = try ScriptedServer {
            $0.number == 1 ? .respond(200) : .raw("220 mail.example ESMTP\r\n", then: .close)
        }
        let client = HTTPClient()
        _ = try client.send(HTTPRequest(.get, server.url))
        #expect(throws: HTTPFailure.self) { try client.send(HTTPRequest(.get, server.url)) }
        #expect(server.requests.count == 2)
    }

    @Test func `a used connection gone silent is given up after the stall limit and the request sent again`() throws {
        let server = try ScriptedServer { $0.number == 2 ? .stall : .respond(200 + $0.number) }
        let client = HTTPClient()
        _ = try client.send(HTTPRequest(.get, server.url))
        #expect(try client.send(HTTPRequest(.get, server.url, limits: HTTPLimits(stall: 1000))).status == 203)
        #expect(server.requests.map(\.connectionNumber) == [1, 1, 2])
    }
}
