import AWSSigning
import Environment
import Foundation
import TestParts
import Testing
import UTC

@testable import AWSCore
@testable import AWSS3

@Suite struct `Credentials` {
    /// An endpoint that gives keys numbered by request, the first ones with the given lifetime.
    static func endpoint(expiringIn seconds: Int64) throws -> ScriptedServer {
        try ScriptedServer { request in
            let end = CalendarTime(Clock.now() + (request.number == 1 ? seconds : 36_000) * 1000)
            let date =
                "\(end.year)-\(two(end.month))-\(two(end.day))T\(two(end.hour)):\(two(end.minute)):\(two(end.second))Z"
            return .respond(
                200,
                body: """
                    {"RoleArn":"arn:\\"x\\"","AccessKeyId":"ASIA\(request.number)",
                     "SecretAccessKey":"s\\/\(request.number)","Token":"token-\(request.number)","Expiration":"\(date)"}
                    """)
        }
    }

    static func source(_ server: ScriptedServer, _ more: [String: String] = [:]) -> CredentialsSource {
        CredentialsSource(
            environment: Environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/role"].merging(more) { $1 }))
    }

    @Test func `come from the environment as it is at the moment`() throws {
        let name = "AWS_ACCESS_KEY_ID"
        let values = Values()
        values[name] = "AKID1"
        values["AWS_SECRET_ACCESS_KEY"] = "s"
        let source = CredentialsSource(environment: values.environment)
        #expect(try source.current(0) == AWSCredentials(accessKeyID: "AKID1", secretAccessKey: "s"))
        values[name] = "AKID2"
        values["AWS_SESSION_TOKEN"] = "t"
        #expect(try source.current(0) == AWSCredentials(accessKeyID: "AKID2", secretAccessKey: "s", sessionToken: "t"))
        values["AWS_SECRET_ACCESS_KEY"] = nil
        #expect(throws: AWSFailure.self) { try source.current(0) }
    }

    @Test func `come from the container's endpoint otherwise, and are kept`() throws {
        let server = try Self.endpoint(expiringIn: 3600)
        let source = Self.source(server, ["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x"])
        let first = try source.current(Clock.now())
        #expect(first.accessKeyID == "ASIA1" && first.secretAccessKey == "s/1" && first.sessionToken == "token-1")
        #expect(try source.current(Clock.now() + 3_000_000).accessKeyID == "ASIA1")
        #expect(server.requests.map(\.target) == ["/role"])
        #expect(server.requests.first?.headers["Authorization"] == "Bearer x")
        // Five minutes before their end they are replaced.
        #expect(try source.current(Clock.now() + 3_400_000).accessKeyID == "ASIA2")
    }

    @Test func `serve to their end where the endpoint fails to renew them`() throws {
        let server = try Self.endpoint(expiringIn: 3600)
        let source = Self.source(server)
        #expect(try source.current(Clock.now()).accessKeyID == "ASIA1")
        server.close()
        #expect(try source.current(Clock.now() + 3_400_000).accessKeyID == "ASIA1")
        #expect(throws: AWSFailure.self) { try source.current(Clock.now() + 3_601_000) }
    }

    @Test func `the token is read from its file each time`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let server = try Self.endpoint(expiringIn: 60)
        let source = Self.source(server, ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file.path])
        #expect(throws: AWSFailure.self) { try source.current(Clock.now()) }
        for token in ["one", "two"] {
            try Data(token.utf8).write(to: file)
            _ = try source.current(Clock.now())
        }
        #expect(server.requests.map { $0.headers["Authorization"] } == ["one", "two"])
        try Data("a\r\nX-Other: b".utf8).write(to: file)
        #expect(throws: AWSFailure.self) { try source.current(Clock.now() + 36_000_000) }
    }

    @Test func `a failing endpoint is tried three times, a refusing one once`() throws {
        for (status, tries) in [(500, 3), (403, 1)] {
            let server = try ScriptedServer { _ in .respond(status, body: #"{"code":"Denied","message":"no role"}"#) }
            let failure = #expect(throws: AWSFailure.self) { try Self.source(server).current(Clock.now()) }
            #expect(failure?.code == "Denied" && failure?.message == "no role" && failure?.attempts == tries)
            #expect(server.requests.count == tries)
        }
    }

    @Test func `absent everywhere, each call fails and says how to provide them`() throws {
        let caller = try Caller(
            "http://127.0.0.1:1", environment: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
        let failure = caller.put("k").failure
        #expect(failure?.kind == .credentials && failure?.advice.contains("AWS_ACCESS_KEY_ID") == true)
    }

    @Test func `that expire in the middle of a batch are renewed`() throws {
        let endpoint = try Self.endpoint(expiringIn: 3600)
        let server = try ScriptedServer { request in
            request.headers["x-amz-security-token"] == "token-1"
                ? .respond(400, body: s3Error("ExpiredToken")) : .respond(200)
        }
        let caller = try Caller(
            server.url,
            environment: [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url,
            ])
        var created = 0
        for index in 0..<5 {
            caller.client.submit(PutObject.small("\(index)")) {
                if $0 == .success(.created) { created += 1 }
            }
        }
        caller.client.run()
        #expect(created == 5)
        #expect(endpoint.requests.count == 2)
        #expect(caller.notices.allSatisfy { $0.delay == 0 && $0.failure.kind == .expiredCredentials })
    }

    @Test func `are not asked for with a user in the address, which errors would repeat`() {
        for url in ["https://user:hunter@127.0.0.1:1/", "https://hun/ter@127.0.0.1/", "http://hunter@127.0.0.1:1/"] {
            let source = CredentialsSource(environment: Environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]))
            let failure = #expect(throws: AWSFailure.self) { try source.current(Clock.now()) }
            #expect(failure?.kind == .configuration && failure?.advice.contains("without a user") == true)
            #expect(failure?.description.contains("hun") == false)
        }
    }

    @Test func `an endpoint that repeats its token is not repeated`() throws {
        let server = try ScriptedServer { request in
            let token = request.headers["Authorization"] ?? ""
            return .respond(403, body: "{\"code\":\"No \(token)\",\"message\":\"\(token) has expired\"}")
        }
        let failure = #expect(throws: AWSFailure.self) {
            try Self.source(server, ["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer hunter"]).current(Clock.now())
        }
        #expect(failure?.code == "No …" && failure?.message == "… has expired")
    }

    @Test func `are asked of this machine and its neighbours alone`() {
        for url in [
            "http://127.0.0.1:80/x", "http://127.9.9.9/x", "http://localhost/x", "http://[::1]:9/x",
            "http://169.254.170.2/x", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1", "https://example.com/x",
        ] {
            #expect(ContainerCredentials.isAllowed(url), "\(url)")
        }
        for url in [
            "http://example.com/x", "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/",
            "ftp://127.0.0.1/",
            "http://169.254.169.254/x", "http://127.0.0/x", "http://10.0.0.1/", "http://example.com#@127.0.0.1/",
            "http://example.com\\@127.0.0.1/", "http://[::2]/", "",
        ] {
            #expect(!ContainerCredentials.isAllowed(url), "\(url)")
        }
    }
}

private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

/// Variables that a test changes. `@unchecked`: guarded by `lock`.
private final class Values: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [String: String] = [:]

    subscript(name: String) -> String? {
        get { lock.withLock { values[name] } }
        set { lock.withLock { values[name] = newValue } }
    }

    var environment: Environment { Environment(lookUp: { self[$0] }) }
}
