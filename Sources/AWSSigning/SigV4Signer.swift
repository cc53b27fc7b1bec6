import Bytes
import UTC

/// Signs requests with AWS Signature Version 4, in the `Authorization` header.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
///
/// Not `Sendable`: it lives on one thread.
package struct SigV4Signer {
    /// S3 differs from every other service in three ways: a path is encoded once rather than twice, it is not
    /// normalised (`a//b` and `a/../b` are keys of their own), and the payload's digest is sent in
    /// `x-amz-content-sha256`.
    package enum Rules: Sendable { case s3, generic }

    package let region: String
    /// The name in the credential scope: `s3`, `glue`.
    package let service: String
    package let rules: Rules
    package var credentials: AWSCredentials
    /// Depends on the day and the secret alone, and costs four HMACs: it serves all day.
    private var kept: DaysKey?
    private let scratch = CanonicalRequest.Scratch()

    package init(region: String, service: String, rules: Rules, credentials: AWSCredentials) {
        self.region = region
        self.service = service
        self.rules = rules
        self.credentials = credentials
    }

    /// - Parameter moment: the time that AWS sees the request at; it refuses what is off by more than 15 minutes
    ///   (S3) or 5 (most others).
    package mutating func sign(_ request: RequestToSign, at moment: EpochMilliseconds) -> SignedRequest {
        let timestamp = CalendarTime(moment).basicISO8601
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(request.headers.count + 4)
        headers += request.headers
        headers.append(("x-amz-date", timestamp))
        if rules == .s3 { headers.append(("x-amz-content-sha256", request.payload.hex)) }
        if let token = credentials.sessionToken { headers.append(("x-amz-security-token", token)) }

        let canonical = CanonicalRequest(request, headers, rules, scratch)
        let key = key(String(timestamp.prefix(8)))
        let signature = key.key.authenticate { text in
            text.append("AWS4-HMAC-SHA256\n")
            text.append(timestamp)
            text.append("\n")
            text.append(key.scope)
            text.append("\n")
            canonical.digest.appendHex(to: text)
        }
        headers.append(("Authorization", authorization(key.scope, canonical.signedHeaders, signature)))
        return SignedRequest(target: canonical.target, headers: headers)
    }

    private func authorization(_ scope: String, _ signedHeaders: ByteBuffer, _ signature: SHA256Digest) -> String {
        let value = ByteBuffer(capacity: 768)
        value.append("AWS4-HMAC-SHA256 Credential=")
        value.append(credentials.accessKeyID)
        value.append("/")
        value.append(scope)
        value.append(",SignedHeaders=")
        value.append(signedHeaders.bytes)
        value.append(",Signature=")
        signature.appendHex(to: value)
        return value.text
    }

    private mutating func key(_ date: String) -> DaysKey {
        if let kept, kept.date == date, kept.secret == credentials.secretAccessKey { return kept }
        let secret = credentials.secretAccessKey
        let new = DaysKey(
            date: date, secret: secret, scope: "\(date)/\(region)/\(service)/aws4_request",
            key: HMACKey(Self.derive(secret: secret, date: date, region: region, service: service)))
        kept = new
        return new
    }

    /// kSigning = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")
    static func derive(secret: String, date: String, region: String, service: String) -> SHA256Digest {
        [region, service, "aws4_request"].reduce(HMACKey("AWS4" + secret).authenticate(date)) {
            HMACKey($0).authenticate($1)
        }
    }

    private struct DaysKey {
        var date: String
        var secret: String
        /// `20261123/eu-central-1/s3/aws4_request`
        var scope: String
        var key: HMACKey
    }
}

/// A request as its author sees it: nothing is encoded yet.
package struct RequestToSign: Sendable {
    package var method: String
    /// What the `Host` header will say: with the port, unless it is the scheme's own.
    package var host: String
    /// Starts with `/`; not encoded.
    package var path: String
    /// Names and values, not encoded, in any order. A name without a value has an empty one.
    package var query: [(name: String, value: String)]
    /// Every header that is to be signed and sent, but for `Host`. Values must hold no line breaks.
    package var headers: [(name: String, value: String)]
    /// The digest of the body's bytes as sent.
    package var payload: SHA256Digest

    package init(
        _ method: String, host: String, path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], payload: SHA256Digest = .empty
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }
}

/// What goes on the wire, to the byte: a server computes the signature from what arrives.
package struct SignedRequest: Sendable {
    /// Encoded path, then `?` and the encoded query where there is one.
    package var target: String
    /// The headers of the request and those of the signature. `Host` is not among them: the URL gives it.
    package var headers: [(name: String, value: String)]
}
