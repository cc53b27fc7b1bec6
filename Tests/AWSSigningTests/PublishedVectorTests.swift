import AWSSigning
import Testing
import UTC

/// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
struct PublishedVectorTests {
    static let moment: EpochMilliseconds = 1_369_353_600_000  // 20130524T000000Z
    static let host = "examplebucket.s3.amazonaws.com"

    func signature(_ request: RequestToSign) -> String {
        var signer = SigV4Signer(
            region: "us-east-1", service: "s3", rules: .s3,
            credentials: AWSCredentials(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        let signed = signer.sign(request, at: Self.moment)
        let authorization = signed.headers.first { $0.name == "Authorization" }?.value ?? ""
        return String(authorization.split(separator: "=").last ?? "")
    }

    @Test func `GET of an object's first bytes`() {
        let request = RequestToSign("GET", host: Self.host, path: "/test.txt", headers: [("Range", "bytes=0-9")])
        #expect(signature(request) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test func `PUT of an object whose key needs encoding`() {
        let request = RequestToSign(
            "PUT", host: Self.host, path: "/test$file.text",
            headers: [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            payload: SHA256Digest(of: "Welcome to Amazon S3."))
        #expect(signature(request) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test func `GET with a query parameter that has no value`() {
        let request = RequestToSign("GET", host: Self.host, path: "/", query: [("lifecycle", "")])
        #expect(signature(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test func `GET of a list`() {
        let request = RequestToSign("GET", host: Self.host, path: "/", query: [("prefix", "J"), ("max-keys", "2")])
        #expect(signature(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test func `what is sent names the scope, the signed headers and the token`() {
        var signer = SigV4Signer(
            region: "eu-central-1", service: "s3", rules: .s3,
            credentials: AWSCredentials(accessKeyID: "AKID", secretAccessKey: "secret", sessionToken: "token"))
        let signed = signer.sign(
            RequestToSign("PUT", host: "b.example", path: "/a b/../+ü", query: [("x y", "1&2")]), at: Self.moment)
        #expect(signed.target == "/a%20b/../%2B%C3%BC?x%20y=1%262")
        #expect(
            signed.headers.map(\.name) == [
                "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "Authorization",
            ])
        let authorization = signed.headers.last?.value ?? ""
        #expect(
            authorization.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKID/20130524/eu-central-1/s3/aws4_request,"
                    + "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,Signature="))
    }

    @Test func `the signing key follows the day and the credentials`() {
        func fresh(_ secret: String, _ moment: EpochMilliseconds) -> String? {
            var signer = SigV4Signer(
                region: "r", service: "s3", rules: .s3,
                credentials: AWSCredentials(accessKeyID: "A", secretAccessKey: secret))
            return signer.sign(RequestToSign("GET", host: "h", path: "/"), at: moment).headers.last?.value
        }
        let request = RequestToSign("GET", host: "h", path: "/")
        var kept = SigV4Signer(
            region: "r", service: "s3", rules: .s3,
            credentials: AWSCredentials(accessKeyID: "A", secretAccessKey: "one"))
        #expect(kept.sign(request, at: Self.moment).headers.last?.value == fresh("one", Self.moment))
        let nextDay = Self.moment + 86_400_000
        #expect(kept.sign(request, at: nextDay).headers.last?.value == fresh("one", nextDay))
        kept.credentials.secretAccessKey = "two"
        #expect(kept.sign(request, at: nextDay).headers.last?.value == fresh("two", nextDay))
    }
}

struct DigestTests {
    @Test func `SHA-256 of FIPS 180-4's examples`() {
        #expect(SHA256Digest.empty.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256Digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256Digest(of: "abc").bytes.prefix(3) == [0xba, 0x78, 0x16])
    }

    @Test func `credentials never print their secret or token`() {
        let credentials = AWSCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "very-secret", sessionToken: "very-token")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])"] {
            #expect(!text.contains("very-secret") && !text.contains("very-token"), "\(text)")
        }
    }
}
