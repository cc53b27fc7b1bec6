import AWSGlue
import Bytes
import Environment
import Testing
import TestParts
import UTC

@testable import AWSCore
@testable import AWSS3

@Suite struct `Requests are made again where that may help` {
    @Test(arguments: [
        (500, "InternalError"), (502, ""), (503, "ServiceUnavailable"), (504, ""), (429, "TooManyRequests"),
        (503, "SlowDown"), (400, "RequestTimeout"), (409, "ConditionalRequestConflict"), (409, "OperationAborted"),
        (400, "ThrottlingException"), (400, "BadDigest"),
        (400, "KMS.ThrottlingException"), (400, "KMS.KMSInternalException"),
    ])
    func `after an answer that says later`(status: Int, code: String) throws {
        let server = try ScriptedServer { request in
            request.number == 1 ? .respond(status, body: code.isEmpty ? "" : s3Error(code)) : .respond(200)
        }
        let caller = try Caller(server.url)
        #expect(caller.put("k") == .success(.created))
        #expect(server.requests.count == 2)
        #expect(caller.client.requestCounts == [.put: 2])
        #expect(caller.notices.first?.failure.status == status)
    }

    @Test func `after a connection that broke, before or in the middle of the answer`() throws {
        let server = try ScriptedServer { request in
            switch request.number {
            case 1: .reset
            case 2: .half(200, headers: [("ETag", "x")], body: "0123456789", sent: 4)
            default: .respond(200)
            }
        }
        #expect(try Caller(server.url).put("k") == .success(.created))
        #expect(server.requests.count == 3)
    }

    @Test func `and then find what the lost answer was about`() throws {
        let server = try ScriptedServer { $0.number == 1 ? .reset : .respond(412, body: s3Error("PreconditionFailed")) }
        #expect(try Caller(server.url).put("k") == .success(.alreadyExists))
    }

    @Test(arguments: [
        (403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidRequest"), (501, "NotImplemented"),
        (400, "KMS.DisabledException"),
    ])
    func `but not after an answer that stays the same`(status: Int, code: String) throws {
        let server = try ScriptedServer { _ in .respond(status, body: s3Error(code)) }
        #expect(try Caller(server.url).put("k").failure?.code == code)
        #expect(server.requests.count == 1)
    }

    @Test func `but not after a proxy that asks for a password`() throws {
        let server = try ScriptedServer { _ in .respond(407, body: "<html>Who are you?</html>") }
        let failure = try Caller(server.url, environment: ["http_proxy": "user:hunter@h"]).put("k").failure
        #expect(failure?.kind == .proxy && failure?.code == "ProxyAuthenticationRequired")
        #expect(failure?.advice.hasPrefix("Check the user and the password in http_proxy") == true)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [1, 3, 20]) func `never more often than AWS_MAX_ATTEMPTS`(attempts: Int) throws {
        let server = try ScriptedServer { _ in .respond(503, body: s3Error("SlowDown", "Please reduce your rate.")) }
        let caller = try Caller(server.url, environment: ["AWS_MAX_ATTEMPTS": "\(attempts)"])
        let failure = caller.put("k").failure
        #expect(failure?.kind == .throttled && failure?.code == "SlowDown" && failure?.attempts == attempts)
        #expect(server.requests.count == attempts)
        #expect(caller.client.requestCounts == [.put: attempts])
    }

    @Test func `not before Retry-After has passed`() throws {
        let server = try ScriptedServer { request in
            request.number == 1
                ? .respond(503, headers: [("Retry-After", "1")], body: s3Error("SlowDown")) : .respond(200)
        }
        let caller = try Caller(server.url)
        #expect(caller.put("k") == .success(.created))
        #expect(caller.notices.map(\.delay) == [1000])
    }

    @Test func `each attempt with a signature of its own and the same body`() throws {
        let server = try ScriptedServer { $0.number == 1 ? .respond(500) : .respond(200) }
        #expect(try Caller(server.url).put("k", "body") == .success(.created))
        let requests = server.requests
        #expect(requests.map(\.text) == ["body", "body"])
        #expect(requests.allSatisfy { $0.headers["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 ") == true })
    }

    @Test func `at a random time within limits that double`() {
        let policy = RetryPolicy()
        #expect(
            (1...10).map { policy.limit(after: $0, throttled: false) }
                == [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000])
        #expect((1...6).map { policy.limit(after: $0, throttled: true) } == [1000, 2000, 4000, 8000, 16_000, 20_000])
        #expect(policy.limit(after: 1000, throttled: true) == 20_000)
        let delays = Set((0..<200).map { _ in policy.delay(after: 3, throttled: false) })
        #expect(delays.count > 20 && delays.allSatisfy { (0...200).contains($0) })
    }

    @Test func `Retry-After is seconds or a date`() {
        let now: EpochMilliseconds = 1_795_414_501_000  // 2026-11-23T06:15:01Z
        #expect(RetryPolicy.retryAfter("7", now: now) == 7000)
        #expect(RetryPolicy.retryAfter("Mon, 23 Nov 2026 06:15:31 GMT", now: now) == 30_000)
        #expect(RetryPolicy.retryAfter("Mon, 23 Nov 2026 06:14:31 GMT", now: now) == 0)
        #expect(RetryPolicy.retryAfter("soon", now: now) == nil)
        #expect(RetryPolicy.retryAfter("-5", now: now) == nil)
        #expect(RetryPolicy.retryAfter(nil, now: now) == nil)
    }
}

@Suite struct `A success is one to the last byte` {
    @Test(arguments: [
        "", "<html>Welcome to the hotel's network</html>",
        "<ListBucketResult><Contents><Key>t/a</Key></Contents><Contents><Key>t/b",
    ])
    func `a list that is not whole is asked for again`(body: String) throws {
        let whole = "<ListBucketResult><Contents><Key>t/a</Key></Contents></ListBucketResult>"
        let server = try ScriptedServer { .respond(200, body: $0.number == 1 ? body : whole) }
        #expect(try Caller(server.url).list("t/") == .success(["t/a"]))
        let stubborn = try ScriptedServer { _ in .respond(200, body: body) }
        #expect(try Caller(stubborn.url).list("t/").failure?.code == "UnreadableAnswer")
    }

    @Test(arguments: [201, 202, 206]) func `a PUT is written with 200 and 204 alone`(status: Int) throws {
        let server = try ScriptedServer { _ in .respond(status) }
        #expect(try Caller(server.url).put("k").failure?.code == "HTTP\(status)")
    }

    static let pages: [ScriptedServer.Action] = [
        .respond(200, headers: [("ETag", "")]), .respond(204, headers: [("ETag", "")]),
        .respond(200, headers: [("ETag", "")], body: "<html>Welcome to the hotel's network</html>"),
        .respond(200, headers: [("ETag", "\"page\"")], body: "<html>Welcome to the hotel's network</html>"),
    ]

    @Test(arguments: pages) func `a PUT is not stored by what is not S3`(page: ScriptedServer.Action) throws {
        let server = try ScriptedServer { $0.number == 1 ? page : .respond(200, body: "\r\n") }
        #expect(try Caller(server.url).put("k") == .success(.created))
        #expect(server.requests.count == 2)
        let stubborn = try ScriptedServer { _ in page }
        let failure = try Caller(stubborn.url).put("k").failure
        #expect(failure?.code == "UnreadableAnswer" && failure?.attempts == 4)
        #expect(failure?.message.contains("not from S3") == true)
        #expect(failure?.advice == "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL")
        let behindProxy = try Caller(stubborn.url, environment: ["http_proxy": "h"]).put("k").failure
        #expect(behindProxy?.advice.hasPrefix("Check http_proxy") == true)
    }

    @Test(arguments: [
        ("InternalError", 2, AWSFailure.Kind.unavailable), ("SlowDown", 2, .throttled),
        ("NewInThisYear", 2, .unavailable),
        ("AccessDenied", 1, .denied), ("NoSuchBucket", 1, .notFound), ("NotImplemented", 1, .configuration),
    ])
    func `an error under a 200 is that error`(code: String, attempts: Int, kind: AWSFailure.Kind) throws {
        // Also with a tag, as S3 has sent its headers by then.
        for tag in ["", "\"x\""] {
            let server = try ScriptedServer { _ in .respond(200, headers: [("ETag", tag)], body: s3Error(code, "Why."))
            }
            let caller = try Caller(server.url, environment: ["AWS_MAX_ATTEMPTS": "2"])
            for failure in [caller.put("k").failure, caller.list("t/").failure] {
                #expect(failure?.code == code && failure?.kind == kind && failure?.message == "Why.")
                #expect(failure?.attempts == attempts)
            }
        }
    }

    @Test func `what exists is told by a tag, and an object may be an error's document`() throws {
        let server = try ScriptedServer { request in
            let tag = request.target.hasSuffix("no-tag") ? "" : "\"x\""
            return .respond(200, headers: [("ETag", tag)], body: s3Error("SlowDown"))
        }
        let caller = try Caller(server.url, environment: ["AWS_MAX_ATTEMPTS": "1"])
        #expect(caller.get("document").value?.text == s3Error("SlowDown"))
        #expect(caller.get("no-tag").failure?.code == "SlowDown")
        #expect(caller.head("object").value?.isEmpty == true)
        #expect(caller.head("no-tag").failure?.code == "UnreadableAnswer")
        let page = try ScriptedServer { _ in .respond(200, headers: [("ETag", "")], body: "<html></html>") }
        #expect(try Caller(page.url).get("k").failure?.code == "UnreadableAnswer")
    }

    @Test(arguments: ["<html>Welcome</html>", "[]", "OK", "{"])
    func `a crawler is not started by what is not Glue`(body: String) throws {
        let server = try ScriptedServer { .respond(200, body: $0.number == 1 ? body : "{}") }
        #expect(try Caller(server.url).startCrawler("c") == .success(.started))
        #expect(server.requests.count == 2)
        let documented = try ScriptedServer { _ in .respond(200) }
        #expect(try Caller(documented.url).startCrawler("c") == .success(.started))
    }
}

@Suite struct `An answer without an end` {
    private func server(_ status: Int) throws -> ScriptedServer {
        try ScriptedServer { request in
            .endless(status, headers: [("ETag", "x")], body: request.method == "GET" ? "<ListBucketResult>" : " ")
        }
    }

    /// In bytes; the sockets of both sides hold some millions on top of the limit.
    @Test(arguments: [("LIST", 8 << 20), ("PUT", 1 << 20), ("StartCrawler", 1 << 20)], [200, 500])
    func `fails soon and takes no more memory than its limit`(operation: (name: String, limit: Int), status: Int) throws
    {
        let server = try server(status)
        let caller = try Caller(server.url, environment: ["AWS_MAX_ATTEMPTS": "1"])
        caller.client.beginInvocation(deadline: Clock.now() + 20_000)
        let failure =
            switch operation.name {
            case "LIST": caller.list("t/").failure
            case "PUT": caller.put("k").failure
            default: caller.startCrawler("c").failure
            }
        #expect(failure?.code == "ConnectionBroken" && failure?.attempts == 1)
        #expect(
            failure?.message.contains("127.0.0.1:\(server.port): the response is longer than \(operation.limit) bytes")
                == true)
        #expect(server.endlessBytesSent < operation.limit + 16 << 20)
    }

    @Test func `is not waited for where it should bring credentials`() throws {
        let server = try server(200)
        let source = CredentialsSource(
            environment: Environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url]))
        let failure = #expect(throws: AWSFailure.self) { try source.current(Clock.now()) }
        #expect(failure?.message.contains("longer than 1048576 bytes") == true)
    }
}
