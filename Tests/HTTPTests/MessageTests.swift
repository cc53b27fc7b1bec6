import Bytes
import HTTP
import TestParts
import Testing

@Suite struct `Messages go over the wire as they stand` {
    private func buffer(_ text: String) -> ByteBuffer {
        let buffer = ByteBuffer()
        buffer.append(text)
        return buffer
    }

    @Test func `nothing is added but Host and Content-Length`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let client = HTTPClient()
        for method in [HTTPMethod.get, .head] { _ = try client.send(HTTPRequest(method, server.url + "/a")) }
        _ = try client.send(HTTPRequest(.put, server.url + "/a", body: buffer("abc")))
        _ = try client.send(HTTPRequest(.post, server.url + "/a"))
        #expect(server.requests.map(\.method) == ["GET", "HEAD", "PUT", "POST"])
        let names = server.requests.map { $0.headers.headers.map(\.name) }
        #expect(names == [["Host"], ["Host"], ["Host", "Content-Length"], ["Host", "Content-Length"]])
        #expect(server.requests.map { $0.headers["Content-Length"] } == [nil, nil, "3", "0"])
        #expect(server.requests.map(\.text) == ["", "", "abc", ""])
    }

    private static let methods = [HTTPMethod.get, .head, .put, .post]

    @Test(arguments: methods, methods)
    func `nothing of one request is left in the next`(_ first: HTTPMethod, _ second: HTTPMethod) throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let client = HTTPClient()
        // More headers than there is room for at first, then fewer.
        let many = (1...40).map { (name: "X-\($0)", value: String(repeating: "v", count: $0 * 8)) }
        let hasBody = first == .put || first == .post
        _ = try client.send(HTTPRequest(first, server.url + "/a", headers: many, body: hasBody ? buffer("abc") : nil))
        let sent = server.requests[0].headers.headers.filter { $0.name.hasPrefix("X-") }
        #expect(sent.map(\.name) == many.map(\.name) && sent.map(\.value) == many.map(\.value))

        _ = try client.send(HTTPRequest(second, server.url + "/b", headers: [("X-Last", "1")]))
        let request = server.requests[1]
        #expect(request.method == second.rawValue)
        #expect(request.target == "/b")
        #expect(request.text == "")
        let length = second == .put || second == .post ? ["Content-Length"] : []
        #expect(Set(request.headers.headers.map(\.name)) == Set(["Host", "X-Last"] + length))
    }

    @Test func `a header with an empty value is sent, and one of the caller's own type`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        _ = try HTTPClient().send(
            HTTPRequest(.post, server.url, headers: [("X-Empty", ""), ("content-type", "a/b")], body: buffer("x")))
        #expect(server.requests[0].headers["X-Empty"] == "")
        #expect(
            server.requests[0].headers.headers.filter { $0.name.lowercased() == "content-type" }.map(\.value) == ["a/b"]
        )
    }

    @Test func `dots and percent escapes in a path stay as they are`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let target = "/a/../b/./%2e%2E/c%20d+e=f?x=%2F&y"
        _ = try HTTPClient().send(HTTPRequest(.get, server.url + target))
        #expect(server.requests[0].target == target)
    }

    /// A fragment makes libcurl look at the whole URL; the others leave it the origin and go out as they are.
    @Test func `each request has a path of its own, on one handle`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let client = HTTPClient()
        for target in ["/a?x", "/b#part", "/c", "", "/d/../e"] {
            _ = try client.send(HTTPRequest(.get, server.url + target))
        }
        #expect(server.requests.map(\.target) == ["/a?x", "/b", "/c", "/", "/d/../e"])
    }

    @Test func `response headers match in any case, and an empty one is absent`() throws {
        let server = try ScriptedServer { _ in
            .respond(200, headers: [("x-LOWER", "  a: b "), ("X-Empty", ""), ("X-Twice", "1"), ("X-Twice", "2")])
        }
        let headers = try HTTPClient().send(HTTPRequest(.get, server.url)).headers
        #expect(headers["X-Lower"] == "a: b")
        #expect(headers["X-Empty"] == nil)
        #expect(headers["X-Twice"] == "1")
        #expect(headers.all.filter { $0.name == "X-Twice" }.map(\.value) == ["1", "2"])
    }

    @Test func `an interim response leaves nothing behind`() throws {
        let server = try ScriptedServer { _ in
            .raw(
                "HTTP/1.1 103 Early: Hints\r\nX-Early: 1\r\n\r\n"
                    + "HTTP/1.1 200 Fine: so\r\nX-Late: 2\r\nContent-Length: 2\r\n\r\nok", then: .keep)
        }
        let response = try HTTPClient().send(HTTPRequest(.get, server.url))
        #expect(response.status == 200)
        #expect(response.headers.all.map(\.name) == ["X-Late", "Content-Length"])
        #expect(response.body.text == "ok")
    }

    @Test func `HEAD tells the length and brings no body`() throws {
        let server = try ScriptedServer { _ in .respond(200, body: "0123456789") }
        let client = HTTPClient()
        for _ in 1...2 {
            let response = try client.send(HTTPRequest(.head, server.url))
            #expect(response.headers["content-length"] == "10")
            #expect(response.body.isEmpty)
        }
        #expect(server.connectionsAccepted == 1)
    }

    @Test func `a redirect is an answer like another`() throws {
        let server = try ScriptedServer { _ in .respond(301, headers: [("Location", "/elsewhere")]) }
        #expect(try HTTPClient().send(HTTPRequest(.get, server.url)).status == 301)
        #expect(server.requests.count == 1)
    }

    @Test func `large bodies arrive whole both ways, into a buffer that is used again`() throws {
        let server = try ScriptedServer { .respond(200, body: $0.body) }
        let client = HTTPClient()
        let received = ByteBuffer()
        let piece = (0..<10_007).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for pieces in [700, 1, 0, 700] {
            let sent = ByteBuffer()
            for _ in 0..<pieces { piece.withUnsafeBytes { sent.append($0) } }
            let response = try client.send(HTTPRequest(.put, server.url, body: sent, responseBody: received))
            #expect(response.body === received)
            #expect(Array(received.bytes) == Array(sent.bytes))
        }
        #expect(server.connectionsAccepted == 1)
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\nETag: 1\r\nX-Last: 12", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH_9.6\r\n"])
    func `an answer that ends within its headers, or is none, is a broken one`(_ answer: String) throws {
        let server = try ScriptedServer { _ in .raw(answer, then: .close) }
        for method in [HTTPMethod.get, .head, .put] {
            let failure = #expect(throws: HTTPFailure.self) { try HTTPClient().send(HTTPRequest(method, server.url)) }
            #expect(failure?.kind == .broken)
        }
    }
}
