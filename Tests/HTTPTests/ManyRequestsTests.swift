import Bytes
import HTTP
import TestParts
import Testing

@Suite struct `Many requests at once` {
    @Test func `all are under way together and each gets its own answer`() throws {
        // Nobody is answered before all have come: one after the other they would never end.
        let gate = Gate(count: 8)
        let server = try ScriptedServer { request in
            gate.pass()
            return .respond(200, body: request.target)
        }
        let client = HTTPClient()
        var answers: [Int: String] = [:]
        for index in 0..<8 {
            client.start(HTTPRequest(.get, "\(server.url)/\(index)", limits: HTTPLimits(total: 20_000))) { outcome in
                answers[index] = (try? outcome.get())?.body.text
            }
        }
        #expect(client.inFlight == 8)
        while client.inFlight > 0 { client.poll(milliseconds: 1000) }
        #expect(answers == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, "/\($0)") }))
    }

    @Test func `one that fails does not touch its neighbours, and a completion may start the next`() throws {
        let server = try ScriptedServer { $0.target == "/bad" ? .reset : .respond(200, body: $0.target) }
        let client = HTTPClient()
        var answers: [String] = []
        var failures = 0
        client.start(HTTPRequest(.get, server.url + "/bad")) { outcome in
            if case .failure = outcome { failures += 1 }
            client.start(HTTPRequest(.get, server.url + "/next")) { answers.append((try? $0.get())?.body.text ?? "") }
        }
        client.start(HTTPRequest(.get, server.url + "/good")) { answers.append((try? $0.get())?.body.text ?? "") }
        while client.inFlight > 0 { client.poll(milliseconds: 1000) }
        #expect(failures == 1)
        #expect(answers.sorted() == ["/good", "/next"])
    }

    @Test func `a poll ends when its time is up though nothing is done`() throws {
        let server = try ScriptedServer { _ in .stall }
        let client = HTTPClient()
        client.start(HTTPRequest(.get, server.url)) { _ in Issue.record("nothing was answered") }
        try server.requestWhilePolling(client)
        client.poll(milliseconds: 20)
        #expect(client.inFlight == 1)
    }

    @Test func `a client with requests under way can go`() throws {
        let server = try ScriptedServer { _ in .stall }
        var client: HTTPClient? = HTTPClient()
        client?.start(HTTPRequest(.get, server.url, headers: [("X", "y")])) { _ in Issue.record("it was ended") }
        try server.requestWhilePolling(client)
        client = nil
    }
}

extension ScriptedServer {
    /// The client sends only while it is polled.
    fileprivate func requestWhilePolling(_ client: HTTPClient?) throws {
        for _ in 0..<1000 where requests.isEmpty { client?.poll(milliseconds: 10) }
        _ = try request(1)
    }
}
