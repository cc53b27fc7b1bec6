import AWSSigning
import Base64
import Bytes
import HTTP

/// One request to a service, from its submission to its completion, through as many attempts as it takes.
final class Call {
    let operation: AWSOperation
    let isSecure: Bool
    /// Lacks the body's digest until that is known.
    private(set) var request: RequestToSign
    let body: ByteBuffer?
    /// Completes the call where the response is a success; otherwise returns why it is not.
    let complete: (HTTPResponse) -> ResponseError?
    let fail: (AWSFailure) -> Void
    /// For failures, and made for them alone: a hundred objects that are stored as they should need no such text.
    let resource: (_ region: String) -> AWSResource

    /// When it must be done at the latest, on the monotonic clock; the invocation's end may come before.
    var end = Int64.max
    var attempts = 0
    /// What the last attempt was signed with.
    var credentials: AWSCredentials?
    var clockOffset: Int64 = 0
    /// The last attempt's failure, while the next one is waited for.
    var failure: AWSFailure?

    init(
        _ operation: AWSOperation, isSecure: Bool, _ message: AWSMessage,
        complete: @escaping (HTTPResponse) -> ResponseError?, fail: @escaping (AWSFailure) -> Void,
        resource: @escaping (_ region: String) -> AWSResource
    ) {
        self.operation = operation
        self.isSecure = isSecure
        request = message.request
        body = message.body
        self.complete = complete
        self.fail = fail
        self.resource = resource
    }

    convenience init<Request: AWSRequest>(
        _ request: Request, to endpoint: ServiceEndpoint,
        _ completion: @escaping (Result<Request.Output, AWSFailure>) -> Void
    ) {
        self.init(
            Request.operation, isSecure: endpoint.endpoint.isSecure, request.message(to: endpoint),
            complete: { response in
                do throws(ResponseError) {
                    let output = try request.read(response)
                    completion(.success(output))
                    return nil
                } catch {
                    return error
                }
            },
            fail: { completion(.failure($0)) }, resource: { request.resource(in: $0) })
    }

    /// Completes the request: the signature covers the body by its digest, and S3 checks the body against it and keeps
    /// it.
    func setDigest(_ digest: SHA256Digest) {
        request.payload = digest
        guard let header = operation.service.checksumHeader else { return }
        let text = ByteBuffer(capacity: 44)
        digest.withUnsafeBytes { Base64.encode($0, appendingTo: text) }
        request.headers.append((header, text.text))
    }

    /// A service that refuses a signature may repeat what it computed it from, the session token included.
    func scrubbed(_ message: String) -> String {
        var text = message
        if let cut = firstRange(of: "The Canonical String", in: text)?.lowerBound { text = String(text[..<cut]) }
        return redacted(text, [credentials?.secretAccessKey, credentials?.sessionToken])
    }
}
