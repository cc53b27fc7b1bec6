import AWSGlue
import Testing
import TestParts

@testable import AWSCore
@testable import AWSS3

/// Between the function and AWS there are filters, portals and proxies, which answer in AWS's stead.
@Suite struct `An answer that is not AWS's` {
    static let page = "<!DOCTYPE html><html><head><title>Blocked by policy\n17</title></head><body>No.</body></html>"

    func failure(_ status: Int, _ headers: [(String, String)], _ body: String) throws -> (AWSFailure?, ScriptedServer) {
        let server = try ScriptedServer { _ in .respond(status, headers: headers, body: body) }
        return (try Caller(server.url, adviser: PointingAdviser()).put("k").failure, server)
    }

    @Test(arguments: [
        (403, [("Content-Type", "text/html; charset=utf-8")], page), (404, [("Content-Type", "text/html")], page),
        (403, [], page),
        (404, [("Server", "nginx")], "404 page not found\n"), (401, [("Content-Type", "text/plain")], "Who are you?"),
        (400, [("Content-Type", "text/html")], ""), (403, [("Content-Type", "application/xhtml+xml")], ""),
        (403, [("Content-Type", "application/json")], #"{"message":"Forbidden"}"#), (301, [], ""), (307, [], ""),
    ])
    func `is called that, and neither a missing permission nor a missing bucket`(
        status: Int, headers: [(String, String)], body: String
    ) throws {
        let (failure, server) = try failure(status, headers, body)
        #expect(failure?.kind == .foreign && failure?.code == "ForeignAnswer" && failure?.status == status)
        #expect(failure?.message.hasPrefix("the response is not from S3") == true)
        #expect(failure?.message.contains("(Blocked by policy 17)") == (body == Self.page))
        #expect(failure?.advice == "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [301, 302, 307, 308])
    func `says where it leads, without what is nobody's business`(status: Int) throws {
        let (failure, server) = try failure(
            status, [("Location", "https://user:word@login.example:8443/a/b?token=1#x")], "")
        #expect(
            failure?.kind == .foreign
                && failure?.description.hasSuffix(
                    "not from S3, Location: https://login.example:8443/a/b. "
                        + "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL"
                ) == true)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [502, 503, 504, 429]) func `may be another one a moment later`(status: Int) throws {
        let (failure, server) = try failure(status, [("Content-Type", "text/html")], "<html>Bad gateway</html>")
        #expect(failure?.kind == .foreign && failure?.attempts == 4 && server.requests.count == 4)
    }

    @Test func `is told from AWS's by what names the request, and from those who stand in for it`() throws {
        for name in ["x-amz-request-id", "x-amzn-RequestId"] {
            let (failure, _) = try failure(403, [(name, "R"), ("Content-Type", "text/html")], Self.page)
            #expect(failure?.kind == .denied)
        }
        #expect(
            try self.failure(404, [("Content-Type", "text/plain")], s3Error("NoSuchBucket")).0?.code == "NoSuchBucket")
        #expect(try self.failure(403, [("Server", "AmazonS3")], "").0?.kind == .denied)
        #expect(try self.failure(403, [], "").0?.kind == .denied)
        #expect(
            try self.failure(301, [("x-amz-bucket-region", "eu-west-1"), ("Location", "http://x/")], "").0?.kind
                == .wrongRegion("eu-west-1"))
    }

    @Test func `in Glue's stead is called that as well`() throws {
        let server = try ScriptedServer { _ in .respond(403, headers: [("Content-Type", "text/html")], body: Self.page)
        }
        let failure = try Caller(server.url).startCrawler("c").failure
        #expect(failure?.kind == .foreign && failure?.message.hasPrefix("the response is not from Glue") == true)
        #expect(failure?.advice == "Check AWS_ENDPOINT_URL_GLUE or AWS_ENDPOINT_URL")
    }

    @Test func `comes from the proxy where there is one, or else from what nobody has set`() throws {
        let server = try ScriptedServer { _ in .respond(403, headers: [("Content-Type", "text/html")], body: Self.page)
        }
        let behind = try Caller(server.url, environment: ["http_proxy": "h:1"]).put("k").failure
        #expect(behind?.advice.hasPrefix("Check http_proxy, or list 127.0.0.1") == true)
        let here = AWSConfiguration.here
        let endpoint = ServiceEndpoint(service: .s3, endpoint: Endpoint(isSecure: true, host: "s3.example"))
        let call = Call(PutObject.small("k"), to: endpoint) { _ in }
        let failure = AWSFailure(
            kind: .foreign, operation: .putObject, resource: "", code: "ForeignAnswer", message: "")
        #expect(Advice(try here(), nil).text(failure, call).contains("s3.example responds in its place"))
    }
}

extension AWSConfiguration {
    /// AWS itself in us-east-1.
    static func here() throws -> AWSConfiguration {
        try AWSConfiguration(
            environment: .init(["AWS_REGION": "us-east-1"]), services: [.s3, .glue], isReadable: { _ in true })
    }
}
