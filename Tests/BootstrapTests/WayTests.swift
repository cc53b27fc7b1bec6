import Foundation
import TestParts
import Testing

/// What stands between the function and AWS is what the error points at, and never the role or the bucket.
@Suite struct `What is in the way` {
    private static let page = "<html><head><title>Blocked by policy</title></head></html>"

    private func message(_ variables: [String: String]) throws -> String {
        let usual = ["INGESTION_BUCKET": "ingestion", "DELIVERY": "at-least-once"]
        let reply = try Sandbox(usual.merging(variables) { $1 }).invoke(Event.msk(0...1))
        #expect(reply.errorType == "Function.RecordsNotStored")
        for misleading in ["NAT gateway", "function's role", "INGESTION_BUCKET", "another region", "create it"] {
            #expect(!reply.errorMessage.contains(misleading), "\(reply.errorMessage)")
        }
        return reply.errorMessage
    }

    @Test func `a dead proxy, whatever NO_PROXY says of others`() throws {
        let port = try TestParts.freePort()
        for scheme in ["http", "socks5"] {
            let text = try message([
                "HTTPS_PROXY": "\(scheme)://127.0.0.1:\(port)", "NO_PROXY": "169.254.169.254,.internal",
            ])
            #expect(
                text.contains("Check HTTPS_PROXY, or list ingestion.s3.us-east-1.amazonaws.com in NO_PROXY"), "\(text)")
        }
    }

    @Test(arguments: [
        [("Proxy-Authenticate", "Negotiate")], [("Proxy-Authenticate", "Basic realm=x"), ("Connection", "close")], [],
        [("Proxy-Authenticate", "Digest realm=x, nonce=y")],
    ])
    func `a proxy that wants a password is asked once, and named`(headers: [(String, String)]) throws {
        for user in ["", "user:wrong@"] {
            let proxy = try ScriptedServer { _ in .respond(407, headers: headers, body: Self.page) }
            let text = try message(["HTTPS_PROXY": "http://\(user)\(proxy.authority)"])
            #expect(text.contains("the password in HTTPS_PROXY") && !text.contains("attempts]"), "\(text)")
            // One of the start, one of the batch.
            #expect(proxy.requests.count == 2)
        }
    }

    @Test(arguments: [403, 404]) func `a filter's page`(status: Int) throws {
        let filter = try ScriptedServer { _ in
            .respond(status, headers: [("Content-Type", "text/html")], body: Self.page)
        }
        let text = try message(["AWS_ENDPOINT_URL_S3": filter.url])
        #expect(
            text.contains(
                "ForeignAnswer (HTTP \(status)): the response is not from S3, but text/html (Blocked by policy)"),
            "\(text)")
        #expect(text.contains("Check AWS_ENDPOINT_URL_S3"))
    }

    @Test(arguments: [301, 302, 307, 308]) func `a reverse proxy that leads elsewhere`(status: Int) throws {
        let proxy = try ScriptedServer { _ in
            .respond(status, headers: [("Location", "https://login.example/start?to=x")])
        }
        let text = try message(["AWS_ENDPOINT_URL_S3": proxy.url])
        #expect(
            text.contains("Location: https://login.example/start. ") && text.contains("Check AWS_ENDPOINT_URL_S3"),
            "\(text)")
    }

    @Test func `a name that nobody knows`() throws {
        let text = try message(["AWS_ENDPOINT_URL_S3": "http://s3.nowhere.invalid", "AWS_MAX_ATTEMPTS": "1"])
        #expect(text.contains("NameNotResolved") && text.contains("name server"), "\(text)")
    }
}
