import TestParts
import Testing

@testable import AWSCore
@testable import AWSS3

@Suite struct `What is asked of S3` {
    @Test func `a PUT creates only, with checksum, types and metadata`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        let caller = try Caller(server.url, environment: ["AWS_SESSION_TOKEN": "token"])
        let put = PutObject(
            bucket: "b", key: "t/a b+c", body: buffer("abc"), contentType: "application/x-ndjson",
            contentEncoding: "gzip", metadata: [("topic", "a b"), ("last-offset", "9")])
        #expect(caller.result(put) == .success(.created))
        let request = try server.request(1)
        #expect(request.method == "PUT" && request.target == "/b/t/a%20b%2Bc" && request.text == "abc")
        let wanted = [
            "If-None-Match": "*", "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip",
            "Content-Length": "3", "x-amz-meta-topic": "a%20b", "x-amz-meta-last-offset": "9",
            "x-amz-security-token": "token", "Expect": nil, "Transfer-Encoding": nil,
            // SHA-256 of "abc" (FIPS 180-4), in base64 and in hexadecimal digits.
            "x-amz-checksum-sha256": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "x-amz-content-sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ]
        for (name, value) in wanted { #expect(request.headers[name] == value, "\(name)") }
        // What is not signed could be changed on the way.
        let signed = request.headers["Authorization"]?.split(separator: ",")[1] ?? ""
        for name in wanted.keys where wanted[name] != .some(nil) && name != "Content-Length" {
            #expect(signed.contains(name.lowercased()), "\(name)")
        }
    }

    @Test func `an empty object has a body of no bytes`() throws {
        let server = try ScriptedServer { _ in .respond(200) }
        #expect(try Caller(server.url).put("k", "") == .success(.created))
        #expect(try server.request(1).headers["Content-Length"] == "0")
    }

    @Test func `a list names prefix, start and limit`() throws {
        let server = try ScriptedServer { _ in .respond(200, body: "<ListBucketResult></ListBucketResult>") }
        #expect(try Caller(server.url).list("t/a b/", startAfter: "t/a b/x+1", maxKeys: 1) == .success([]))
        #expect(
            try server.request(1).target
                == "/ingestion?encoding-type=url&list-type=2&max-keys=1"
                + "&prefix=t%2Fa%20b%2F&start-after=t%2Fa%20b%2Fx%2B1"
        )
    }
}
