import AWSSigning
import Base64
import Bytes
import HTTP

enum AWSService { case s3, glue }

/// One request to a service, from its submission to its completion, through as many attempts as it takes.
final class Call {
    let operation: AWSOperation
    let service: AWSService
    let endpoint: Endpoint
    /// Lacks the body's digest until that is known.
    private(set) var request: RequestToSign
    let body: ByteBuffer?
    /// What an answer means to the operation.
    let read: (HTTPResponse) -> Reading
    let fail: (AWSFailure) -> Void
    let bucket: String
    /// The crawler's name with Glue.
    let key: String

    /// When it must be done at the latest, on the monotonic clock; the invocation's end may come before.
    var end = Int64.max
    var attempts = 0
    /// What the last attempt was signed with.
    var credentials: AWSCredentials?
    var clockOffset: Int64 = 0
    /// The last attempt's failure, while the next one is waited for.
    var failure: AWSFailure?

    init(
        _ operation: AWSOperation, _ service: AWSService, bucket: String = "", key: String,
        endpoint: Endpoint, request: RequestToSign, body: ByteBuffer?,
        read: @escaping (HTTPResponse) -> Reading, fail: @escaping (AWSFailure) -> Void
    ) {
        self.operation = operation
        self.service = service
        self.bucket = bucket
        self.key = key
        self.endpoint = endpoint
        self.request = request
        self.body = body
        self.read = read
        self.fail = fail
    }

    /// Completes the request: the signature covers the body by its digest, and S3 checks the body against it and keeps
    /// it.
    func setDigest(_ digest: SHA256Digest) {
        request.payload = digest
        guard service == .s3 else { return }
        let text = ByteBuffer(capacity: 44)
        digest.withUnsafeBytes { Base64.encode($0, appendingTo: text) }
        request.headers.append(("x-amz-checksum-sha256", text.text))
    }

    /// For failures, and made for them alone: a hundred objects that are stored as they should need no such text.
    var resource: String {
        switch service {
        case .s3: oneLine("s3://\(bucket)/\(key)", limit: 1200)
        case .glue: oneLine("crawler \(key)")
        }
    }

    /// A service that refuses a signature may repeat what it computed it from, the session token included.
    func scrubbed(_ message: String) -> String {
        var text = message
        if let cut = firstRange(of: "The Canonical String", in: text)?.lowerBound { text = String(text[..<cut]) }
        return redacted(text, [credentials?.secretAccessKey, credentials?.sessionToken])
    }
}

/// The text with `…` in the place of each secret.
func redacted(_ text: String, _ secrets: [String?]) -> String {
    var text = text
    for secret in secrets {
        // Longer than what replaces it, or the loop might not end.
        guard let secret, secret.utf8.count > "…".utf8.count else { continue }
        while let range = firstRange(of: secret, in: text) { text.replaceSubrange(range, with: "…") }
    }
    return text
}

extension AWSOperation {
    /// The longest answer that is received, in bytes.
    var responseLimit: Int {
        switch self {
        // An object holds what one batch brings, 6 MB, and may be stored without being packed.
        case .getObject: 64 << 20
        // 1,000 keys of 1,024 bytes, each of them as %XX, with all that S3 says of each.
        case .listObjects: 8 << 20
        // Nothing, a small object, or an error's document.
        case .putObject, .headObject, .deleteObject, .startCrawler, .getCredentials: 1 << 20
        }
    }
}

enum Reading {
    /// Carried out; the closure tells whoever asked.
    case done(() -> Void)
    case refused
    /// The status says yes and the body does not bear it out; why.
    case unreadable(String)
}

/// Where `part`, which is not empty, first stands. The standard library's own search brings its regular expressions
/// into the binary.
func firstRange(of part: String, in text: String) -> Range<String.Index>? {
    let part = part.utf8
    var start = text.utf8.startIndex
    while let found = text.utf8[start...].firstIndex(of: part[part.startIndex]) {
        if text.utf8[found...].starts(with: part) {
            return found..<text.utf8.index(found, offsetBy: part.count)
        }
        start = text.utf8.index(after: found)
    }
    return nil
}
