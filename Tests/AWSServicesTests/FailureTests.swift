import AWSGlue
import Testing
import TestParts
import UTC

@testable import AWSCore
@testable import AWSS3

@Suite struct `A failure says what went wrong` {
    func putFailure(
        _ status: Int, _ body: String, headers: [(String, String)] = [], environment: [String: String] = [:]
    ) throws -> AWSFailure? {
        let server = try ScriptedServer { _ in .respond(status, headers: headers, body: body) }
        return try Caller(server.url, environment: environment, adviser: PointingAdviser()).put("topics/t/x.json")
            .failure
    }

    @Test func `what is not allowed on what, and what the caller has to say to it`() throws {
        let failure = try putFailure(
            403, s3Error("AccessDenied", "User is not authorized"), headers: [("x-amz-request-id", "R1")])
        #expect(failure?.kind == .denied)
        #expect(
            failure?.description == """
                PutObject s3://ingestion/topics/t/x.json: AccessDenied (HTTP 403): User is not authorized. \
                Look at arn:aws:s3:::ingestion/topics/t/x.json [request R1]
                """)
        let china = try putFailure(403, s3Error("AccessDenied"), environment: ["AWS_REGION": "cn-north-1"])
        #expect(china?.advice.contains("arn:aws-cn:s3:::ingestion/") == true)
        let kms = try putFailure(403, s3Error("AccessDenied", "no kms:GenerateDataKey for you"))
        #expect(kms?.namesKMS == true && failure?.namesKMS == false)
    }

    @Test func `that the bucket is another one's or nobody's`() throws {
        let failure = try putFailure(404, s3Error("NoSuchBucket"))
        #expect(failure?.kind == .notFound && failure?.code == "NoSuchBucket")
    }

    @Test(arguments: [(301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed"), (307, "TemporaryRedirect")])
    func `where the bucket is`(status: Int, code: String) throws {
        let failure = try putFailure(status, s3Error(code), headers: [("x-amz-bucket-region", "eu-west-1")])
        #expect(failure?.kind == .wrongRegion("eu-west-1") && failure?.attempts == 1)
    }

    @Test func `a redirection within the bucket's own region is tried again, as that of a bucket that is new`() throws {
        for headers in [
            [("x-amz-bucket-region", "us-east-1"), ("Location", "http://ingestion.s3.us-east-1.amazonaws.com/")], [],
        ] {
            let server = try ScriptedServer {
                $0.number < 3 ? .respond(307, headers: headers, body: s3Error("TemporaryRedirect")) : .respond(200)
            }
            #expect(try Caller(server.url).put("k") == .success(.created))
        }
        let failure = try putFailure(307, s3Error("TemporaryRedirect"), headers: [("x-amz-bucket-region", "us-east-1")])
        #expect(failure?.kind == .unavailable && failure?.attempts == 4)
        let server = try ScriptedServer { _ in .respond(307, body: s3Error("TemporaryRedirect")) }
        #expect(try Caller(server.url).put("k").failure?.advice.contains("resolves itself") == true)
    }

    @Test func `that HEAD, which gets no body, was refused`() throws {
        let server = try ScriptedServer { request in
            switch request.target {
            case "/ingestion/denied": .respond(403)
            case "/ingestion/elsewhere": .respond(400, headers: [("x-amz-bucket-region", "eu-west-1")])
            case "/ingestion/expired": .respond(400)
            default: .respond(404)
            }
        }
        let caller = try Caller(server.url)
        let denied = caller.head("denied").failure
        #expect(denied?.kind == .denied)
        #expect(caller.head("elsewhere").failure?.kind == .wrongRegion("eu-west-1"))
        #expect(caller.head("expired").failure?.kind == .expiredCredentials)
        #expect(caller.head("absent").failure?.kind == .notFound)
    }

    @Test func `that the credentials have expired, without another try where no others are to be had`() throws {
        let failure = try putFailure(400, s3Error("ExpiredToken", "The provided token has expired."))
        #expect(failure?.kind == .expiredCredentials && failure?.attempts == 1)
        #expect(failure?.advice.contains("AWS_SESSION_TOKEN") == true)
    }

    @Test func `that the secret is wrong`() throws {
        for code in ["SignatureDoesNotMatch", "InvalidAccessKeyId"] {
            let failure = try putFailure(403, s3Error(code), headers: [("Date", httpDate(Clock.now()))])
            #expect(failure?.kind == .credentials && failure?.attempts == 1)
            #expect(failure?.advice.contains("AWS_SECRET_ACCESS_KEY") == true)
        }
    }

    @Test func `that nobody is there`() throws {
        let port = try TestParts.freePort()
        let failure = try Caller("http://127.0.0.1:\(port)").put("k").failure
        #expect(failure?.kind == .unavailable && failure?.code == "Unreachable" && failure?.attempts == 4)
        #expect(failure?.advice.contains("AWS_ENDPOINT_URL") == true)
    }

    @Test(arguments: [
        "", "<Error>", "<Error><Code></Code></Error>", "<Error><Code>A", "{", "{\"__type\":", "{\"__type\":\"\\u",
        "\u{0}\u{1}", "<Code>\n\n</Code>", String(repeating: "<Code>", count: 1000),
    ])
    func `something even where the answer is garbage`(body: String) throws {
        let failure = try putFailure(403, body)
        #expect(failure?.kind == .denied && failure?.code == "AccessDenied")
        #expect(failure?.description.contains("\n") == false)
    }

    @Test func `never a secret or a token, though the service repeat them`() throws {
        let environment = ["AWS_SECRET_ACCESS_KEY": "very+secret", "AWS_SESSION_TOKEN": "very/token="]
        let server = try ScriptedServer { _ in
            .respond(
                400, headers: [("x-amzn-RequestId", "R2")],
                body: """
                    {"__type":"InvalidSignatureException","message":"No match for very+secret, very/token=.\\n\\n\
                    The Canonical String for this request should have been\\n'POST\\n/\\n\
                    x-amz-security-token:very/token='"}
                    """)
        }
        let failure = try Caller(server.url, environment: environment).startCrawler("c").failure
        #expect(failure?.kind == .credentials && failure?.requestID == "R2")
        #expect(failure?.message == "No match for …, ….")
    }
}

@Suite struct `A clock that is off` {
    @Test(arguments: ["RequestTimeTooSkewed", "RequestExpired"])
    func `is corrected by the answer's date, at once and for good`(code: String) throws {
        let ahead: EpochMilliseconds = 3_600_000
        let server = try ScriptedServer { request in
            // Signed for a moment of the last minute, by the service's clock. Every second of it is compared, since a
            // comparison of hours or minutes alone takes the wrong clock for the right one when they have just turned.
            let moments = (0...60).map { CalendarTime(Clock.now() + ahead - $0 * 1000).basicISO8601 }
            return moments.contains(request.headers["x-amz-date"] ?? "")
                ? .respond(200)
                : .respond(403, headers: [("Date", httpDate(Clock.now() + ahead))], body: s3Error(code))
        }
        let caller = try Caller(server.url)
        #expect(caller.put("k") == .success(.created))
        #expect(caller.notices.map(\.delay) == [0] && caller.notices.first?.failure.kind == .clock)
        #expect(caller.put("l") == .success(.created))
        #expect(server.requests.count == 3)
    }

    @Test func `is suspected by Glue's way to say it, and where HEAD has no body`() throws {
        let date = httpDate(Clock.now() - 1_800_000)
        let server = try ScriptedServer { request in
            if request.number % 2 == 0 { return .respond(200) }
            return request.method == "HEAD"
                ? .respond(403, headers: [("Date", date)])
                : .respond(400, headers: [("Date", date)], body: "{\"__type\":\"InvalidSignatureException\"}")
        }
        let first = try Caller(server.url)
        let second = try Caller(server.url)
        #expect(first.startCrawler("c") == .success(.started))
        #expect(second.head("k").value?.isEmpty == true)
        #expect((first.notices + second.notices).map(\.failure.kind) == [.clock, .clock])
        #expect(server.requests.count == 4)
    }

    @Test func `that cannot be corrected ends in a failure`() throws {
        let server = try ScriptedServer { _ in .respond(403, body: s3Error("RequestTimeTooSkewed")) }
        #expect(try Caller(server.url).put("k").failure?.kind == .clock)
        #expect(server.requests.count == 1)
        let stubborn = try ScriptedServer { _ in
            .respond(403, headers: [("Date", httpDate(Clock.now()))], body: s3Error("RequestTimeTooSkewed"))
        }
        #expect(try Caller(stubborn.url).put("k").failure?.attempts == 4)
    }
}

@Suite struct `A crawler` {
    func start(_ status: Int, _ body: String, headers: [(String, String)] = []) throws -> Result<
        StartCrawler.Outcome, AWSFailure
    > {
        let server = try ScriptedServer {
            $0.number == 1 ? .respond(status, headers: headers, body: body) : .respond(200, body: "{}")
        }
        return try Caller(server.url).startCrawler("my \"crawler\"")
    }

    @Test func `is started in Glue's own protocol`() throws {
        let server = try ScriptedServer { _ in .respond(200, body: "{}") }
        #expect(try Caller(server.url).startCrawler("my \"crawler\"") == .success(.started))
        let request = try server.request(1)
        #expect(request.method == "POST" && request.target == "/" && request.text == #"{"Name":"my \"crawler\""}"#)
        #expect(request.headers["X-Amz-Target"] == "AWSGlue.StartCrawler")
        #expect(request.headers["Content-Type"] == "application/x-amz-json-1.1")
        #expect(request.headers["Authorization"]?.contains("/us-east-1/glue/aws4_request") == true)
    }

    @Test func `that is under way is no failure`() throws {
        #expect(try start(400, #"{"__type":"CrawlerRunningException","Message":"m"}"#) == .success(.alreadyRunning))
        #expect(
            try start(400, #"{"__type":"com.amazonaws.glue#CrawlerRunningException"}"#) == .success(.alreadyRunning))
        let inHeader = [("x-amzn-ErrorType", "CrawlerRunningException:http://internal.amazon.com/")]
        #expect(try start(400, "", headers: inHeader) == .success(.alreadyRunning))
    }

    @Test func `is asked for again when Glue is overloaded`() throws {
        for code in ["OperationTimeoutException", "ThrottlingException"] {
            #expect(try start(400, "{\"__type\":\"\(code)\"}") == .success(.started))
        }
    }

    @Test func `that is absent or forbidden`() throws {
        let absent = try start(400, #"{"__type":"EntityNotFoundException","Message":"Crawler not found"}"#).failure
        #expect(absent?.kind == .notFound && absent?.message == "Crawler not found")
        let denied = try start(400, #"{"__type":"AccessDeniedException","Message":"no"}"#).failure
        #expect(denied?.kind == .denied)
    }
}
