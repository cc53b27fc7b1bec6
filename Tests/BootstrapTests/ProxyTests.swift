import Foundation
import TestParts
import Testing

/// A proxy between the function and AWS, whose password gets into nothing that anybody reads.
@Suite struct `A proxy` {
    /// As they are written, and the parts of what they mean.
    private static let user = "us%40er", password = "h%2Fun%23t%40e%25r"
    private static let secrets = ["us%40er", "us@er", "h%2Fun", "h/un", "23t", "#t@", "%25r", "e%r"]

    /// Of an endpoint that is never reached.
    private static let endpoint = "https://s3.nowhere.invalid"

    private func sandbox(_ variables: [String: String]) throws -> Sandbox {
        let usual = [
            "INGESTION_BUCKET": "ingestion", "DELIVERY": "at-least-once", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
            "AWS_ENDPOINT_URL_S3": Self.endpoint,
        ]
        return try Sandbox(usual.merging(variables) { $1 })
    }

    private func showsNothing(_ sandbox: Sandbox) {
        let posted = sandbox.api.requests.map { "\($0.headers.headers) \($0.text)" }
        for text in posted + [sandbox.process.output(), sandbox.process.output(.error)] {
            for secret in Self.secrets { #expect(!text.contains(secret), "\(text)") }
        }
    }

    private func failure(_ variables: [String: String]) throws -> String {
        let sandbox = try sandbox(variables)
        let reply = try sandbox.invoke(Event.msk(0...1))
        #expect(reply.errorType == "Function.RecordsNotStored")
        #expect(reply.errorMessage.contains("NO_PROXY") && !reply.errorMessage.contains("NAT gateway"))
        #expect(!reply.errorMessage.contains("AWS_ENDPOINT_URL"))
        showsNothing(sandbox)
        return reply.errorMessage
    }

    @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    func `is given its user and password, and not asked again where it refuses them`(variable: String) throws {
        let proxy = try ScriptedServer { _ in
            .respond(407, headers: [("Proxy-Authenticate", "Basic realm=x")], body: "Who?")
        }
        let message = try failure([variable: "http://\(Self.user):\(Self.password)@\(proxy.authority)"])
        #expect(message.contains("ProxyAuthenticationRequired: ") && message.contains("responded to CONNECT with 407"))
        #expect(message.contains("the password in \(variable)"))
        // One of the start, one of the batch.
        #expect(proxy.requests.map(\.method) == ["CONNECT", "CONNECT"])
        let credentials = Data("us@er:h/un#t@e%r".utf8).base64EncodedString()
        #expect(proxy.requests.allSatisfy { $0.headers["Proxy-Authorization"] == "Basic \(credentials)" })
    }

    static let failures: [(ScriptedServer.Action, String)] = [
        (.respond(403, body: "no"), "responded to CONNECT with 403"),
        (.respond(503, then: .close), "responded to CONNECT with 503"),
        (.close, "did not respond to CONNECT"), (.reset, "did not respond to CONNECT"),
        (.raw("SSH-2.0-OpenSSH_9.6\r\n", then: .close), "did not respond to CONNECT"),
    ]

    @Test(arguments: failures) func `that does not connect is what is to be checked`(
        _ answer: ScriptedServer.Action, _ text: String
    ) throws {
        let proxy = try ScriptedServer { _ in answer }
        let message = try failure(["HTTPS_PROXY": "\(Self.user):\(Self.password)@\(proxy.authority)"])
        #expect(message.contains("ProxyFailed: ") && message.contains(text), "\(message)")
        #expect(message.contains("Check HTTPS_PROXY") && message.contains("[4 attempts]"))
    }

    @Test func `that is not there is what is to be checked`() throws {
        let port = try TestParts.freePort()
        for scheme in ["http", "socks5", "socks4a"] {
            let message = try failure(["HTTPS_PROXY": "\(scheme)://\(Self.user):\(Self.password)@127.0.0.1:\(port)"])
            #expect(message.contains("Unreachable: ") && message.contains("Check HTTPS_PROXY"), "\(message)")
        }
        let message = try failure(["HTTPS_PROXY": "http://\(Self.user):\(Self.password)@proxy.invalid:3128/"])
        #expect(message.contains("ProxyFailed: ") && message.contains("resolve proxy"), "\(message)")
    }

    @Test func `for plain HTTP answers in the endpoint's stead`() throws {
        let proxy = try ScriptedServer { _ in .respond(407, body: "Who?") }
        let message = try failure([
            "AWS_ENDPOINT_URL_S3": "http://s3.nowhere.invalid",
            "http_proxy": "http://\(Self.user):\(Self.password)@\(proxy.authority)",
        ])
        #expect(
            message.contains("ProxyAuthenticationRequired (HTTP 407)") && message.contains("the password in http_proxy")
        )
        #expect(proxy.requests.map(\.method) == ["HEAD", "PUT"])
    }

    @Test func `lets the batch through where all is well`() throws {
        let store = try ScriptedStore()
        let authority = try #require(URLComponents(string: store.variables()["AWS_ENDPOINT_URL_S3"] ?? "")?.port)
        // A store that is its own proxy: it is asked for whole URLs.
        let sandbox = try Sandbox(
            store,
            [
                "http_proxy": "http://\(Self.user):\(Self.password)@127.0.0.1:\(authority)",
                "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
            ])
        _ = try sandbox.invoke(Event.msk(0...1))
        #expect(store.puts.count == 1 && store.puts[0].target.hasPrefix("http://127.0.0.1:\(authority)/ingestion/"))
        showsNothing(sandbox)
    }

    @Test(arguments: [
        "http://us%40er:h/un#t@e%r@proxy.example:3128", "http://us%40er:h%2Fun#t@proxy.example:3128",
        "http://us%40er:h%2Fun%23t@e@proxy.example:3128", "http://us%40er:e%r@proxy.example:3128",
        "http://us%40er:h%2Fun%23t@proxy.example:99999", "http://us%40er:h%2Fun@proxy.example:",
        "ftp://us%40er:h%2Fun@h:1",
    ])
    func `whose address is wrong ends the start, and is not repeated`(value: String) throws {
        for variable in ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let sandbox = try sandbox([variable: value])
            #expect(try sandbox.process.exit().code == 1)
            #expect(sandbox.api.requests.map(\.target) == ["/2018-06-01/runtime/init/error"])
            let text = try #require(sandbox.api.requests.first).text
            #expect(
                text.contains("Function.InvalidConfiguration") && text.contains("\(variable) is not a valid proxy URL"))
            #expect(text.contains("percent-encode"))
            showsNothing(sandbox)
        }
    }
}
