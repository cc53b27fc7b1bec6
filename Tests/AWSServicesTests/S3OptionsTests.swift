import TestParts
import Testing

@testable import AWSCore
@testable import AWSS3

/// A bucket that asks for something is asked in that way, and its demands are covered by the signature.
@Suite struct `What a bucket asks of each request` {
    /// S3 with a bucket policy that denies what does not carry `wanted`, signed.
    func strict(_ wanted: [String: String], onlyPut: Set<String> = []) throws -> ScriptedServer {
        try ScriptedServer { request in
            let names = request.headers["Authorization"]?.split(separator: ",")[1].drop { $0 != "=" }.dropFirst() ?? ""
            let signed = Set(names.split(separator: ";").map(String.init))
            for (name, value) in wanted where request.method == "PUT" || !onlyPut.contains(name) {
                guard request.headers[name] == value, signed.contains(name) else {
                    return .respond(403, body: s3Error("AccessDenied", "\(name) is not \(value)"))
                }
            }
            return request.target.contains("list-type")
                ? .respond(200, body: "<ListBucketResult></ListBucketResult>") : .respond(200)
        }
    }

    static let cases: [(S3Options, [String: String])] = [
        (S3Options(encryption: .s3), ["x-amz-server-side-encryption": "AES256"]),
        (
            S3Options(encryption: .kms, kmsKeyID: "arn:aws:kms:us-east-1:123456789012:key/k", usesBucketKey: true),
            [
                "x-amz-server-side-encryption": "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:123456789012:key/k",
                "x-amz-server-side-encryption-bucket-key-enabled": "true",
            ]
        ),
        (
            S3Options(encryption: .kmsTwice, kmsKeyID: "alias/rows"),
            [
                "x-amz-server-side-encryption": "aws:kms:dsse",
                "x-amz-server-side-encryption-aws-kms-key-id": "alias/rows",
            ]
        ),
        (S3Options(storageClass: .intelligentTiering), ["x-amz-storage-class": "INTELLIGENT_TIERING"]),
        (
            S3Options(tags: [.init("team", "data & more"), .init("ä", "")]),
            ["x-amz-tagging": "team=data%20%26%20more&%C3%A4="]
        ),
        (S3Options(expectedBucketOwner: "123456789012"), ["x-amz-expected-bucket-owner": "123456789012"]),
    ]

    @Test(arguments: cases) func `is sent and signed, and without it the object is refused`(
        options: S3Options, headers: [String: String]
    ) throws {
        let server = try strict(headers)
        let caller = try Caller(server.url, options: options)
        #expect(caller.put("k", metadata: [("topic", "t")]) == .success(.created))
        #expect(try Caller(server.url).put("k").failure?.kind == .denied)
    }

    @Test func `is the owner alone where nothing is written`() throws {
        let server = try strict(["x-amz-expected-bucket-owner": "123456789012"])
        let options = S3Options(
            encryption: .kms, expectedBucketOwner: "123456789012", storageClass: .standardIA, tags: [.init("a", "b")])
        let caller = try Caller(server.url, options: options)
        #expect(caller.head("k").value != nil && caller.get("k").value != nil && caller.list("k").value != nil)
        for request in server.requests {
            #expect(
                !request.headers.headers.contains {
                    $0.name.hasPrefix("x-amz-server") || $0.name.hasPrefix("x-amz-tag")
                })
        }
        let stranger = try Caller(server.url)
        #expect(
            [stranger.head("k").failure?.kind, stranger.get("k").failure?.kind, stranger.list("k").failure?.kind] == [
                .denied, .denied, .denied,
            ])
    }
}
