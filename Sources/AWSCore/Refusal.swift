import HTTP
import UTC

/// A failed attempt, read: what to report, and whether to try again.
struct Refusal {
    var failure: AWSFailure
    var retry: Retry

    /// The response was incomplete.
    init(_ problem: HTTPFailure, _ call: Call, _ advice: Advice) {
        let (code, kind, retry): (String, AWSFailure.Kind, Retry) =
            switch problem.kind {
            case .unresolved: ("NameNotResolved", .unavailable, .transient)
            case .unreachable: ("Unreachable", .unavailable, .transient)
            case .timedOut: ("Timeout", .unavailable, .transient)
            case .broken: ("ConnectionBroken", .unavailable, .transient)
            // The same user and password would be refused again.
            case .proxy where problem.proxyStatus == 407: (proxyAuthentication, .proxy, .never)
            case .proxy: ("ProxyFailed", .proxy, .transient)
            case .untrusted: ("UntrustedCertificate", .untrusted, .never)
            case .untrustedProxy: (untrustedProxy, .untrusted, .never)
            case .invalid: ("InvalidRequest", .configuration, .never)
            }
        self.retry = retry
        failure = AWSFailure(
            kind: kind, operation: call.operation, resource: advice.resource(call), code: code,
            message: oneLine(problem.description))
        failure.advice = advice.text(failure, call)
    }

    /// An answer that says no. `now` is this machine's clock, uncorrected.
    init(_ response: HTTPResponse, _ call: Call, _ advice: Advice, now: EpochMilliseconds) {
        if response.status != 407, let foreign = ForeignResponse(response, call.operation.service) {
            self.init(foreign, response, call, advice)
        } else {
            self.init(service: response, call, advice, now)
        }
    }

    /// The service's own answer.
    private init(service response: HTTPResponse, _ call: Call, _ advice: Advice, _ now: EpochMilliseconds) {
        let body = ErrorBody(response)
        let skew = response.headers["Date"].flatMap(MomentText.http).map { $0 - now }
        let code = body.code ?? defaultCode(response.status, method: call.request.method)
        let elsewhere = Self.otherRegion(response.status, body, advice.configuration.region)
        let usual = Self.retry(
            response.status, code, hasCode: body.code != nil, skew: skew, signedWith: call.clockOffset)
        retry = elsewhere != nil && usual == .transient ? .never : usual
        failure = AWSFailure(
            kind: Self.kind(response.status, code, retry, elsewhere: elsewhere), operation: call.operation,
            resource: advice.resource(call), code: call.scrubbed(code), status: response.status,
            message: oneLine(call.scrubbed(body.message ?? "")),
            requestID: (response.headers["x-amz-request-id"] ?? response.headers["x-amzn-RequestId"])
                .map { oneLine($0, limit: 80) })
        failure.advice = advice.text(failure, call)
    }

    /// An answer that says no and is not the service's.
    private init(_ foreign: ForeignResponse, _ response: HTTPResponse, _ call: Call, _ advice: Advice) {
        let mayPass = response.status >= 500 || response.status == 429
        retry = mayPass ? Self.retry(response.status, "", hasCode: true, skew: nil, signedWith: 0) : .never
        failure = AWSFailure(
            kind: .foreign, operation: call.operation, resource: advice.resource(call), code: "ForeignAnswer",
            status: response.status, message: call.scrubbed(foreign.description))
        failure.advice = advice.text(failure, call)
    }

    /// A success by its status whose body is not what was asked for.
    init(unreadable why: String, _ response: HTTPResponse, _ call: Call, _ advice: Advice) {
        retry = .transient
        failure = AWSFailure(
            kind: .unavailable, operation: call.operation, resource: advice.resource(call), code: "UnreadableAnswer",
            status: response.status, message: why)
        failure.advice = advice.text(failure, call)
    }

    private static func retry(
        _ status: Int, _ code: String, hasCode: Bool, skew: Int64?, signedWith offset: Int64
    ) -> Retry {
        // The SDKs take the clock for wrong from four minutes; AWS refuses from five.
        let isOff = skew.map { abs($0 - offset) > 4 * 60_000 } ?? false
        if Codes.clock.contains(code) { return skew.map { .clock($0) } ?? .never }
        if isOff, let skew, Codes.maybeClock.contains(code) || !hasCode && (status == 403 || status == 400) {
            return .clock(skew)
        }
        if Codes.expired.contains(code) { return .credentials }
        if Codes.throttled.contains(code) || status == 429 || status == 503 { return .throttled }
        // A new bucket: its name leads elsewhere for a while. One in another region stays there.
        if Codes.transient.contains(code) || [307, 500, 502, 504].contains(status) { return .transient }
        // S3 had begun to say yes when it failed: unless it says otherwise, the next attempt may go better.
        if status == 200, !Codes.isFinal(code) { return .transient }
        return .never
    }

    /// The region that the bucket is in, where that is why the request was refused.
    private static func otherRegion(_ status: Int, _ body: ErrorBody, _ region: String) -> String? {
        guard let other = body.region, other != region, [301, 307, 400].contains(status) else { return nil }
        return other
    }

    private static func kind(
        _ status: Int, _ code: String, _ retry: Retry, elsewhere: String?
    ) -> AWSFailure.Kind {
        if case .clock = retry { return .clock }
        if let elsewhere { return .wrongRegion(elsewhere) }
        return switch (status, code) {
        case (307, _): .unavailable
        case (301, _), (_, "PermanentRedirect"), (_, "IllegalLocationConstraintException"): .wrongRegion(nil)
        case (_, let code) where Codes.clock.contains(code): .clock
        case (_, let code) where Codes.expired.contains(code): .expiredCredentials
        case (_, let code) where Codes.credentials.contains(code): .credentials
        case (_, let code) where Codes.notFound.contains(code): .notFound
        case (_, let code) where Codes.throttled.contains(code): .throttled
        case (429, _), (503, _): .throttled
        case (_, let code) where Codes.transient.contains(code): status == 409 ? .conflict : .unavailable
        case (401, _), (403, _): .denied
        case (_, let code) where Codes.denied.contains(code): .denied
        case (404, _): .notFound
        case (407, _): .proxy
        case (409, _), (412, _): .conflict
        case (501, _), (200, "NotImplemented"): .configuration
        case (500..., _), (200, _): .unavailable
        default: .configuration
        }
    }
}

let proxyAuthentication = "ProxyAuthenticationRequired"
let untrustedProxy = "UntrustedProxyCertificate"

/// Answers without a body, HEAD's above all, have nothing but their status.
private func defaultCode(_ status: Int, method: String) -> String {
    switch status {
    // Expired credentials are what a well-formed HEAD gets a bare 400 for.
    case 400 where method == "HEAD": "ExpiredToken"
    case 301: "PermanentRedirect"
    case 307: "TemporaryRedirect"
    case 400: "BadRequest"
    case 403: "AccessDenied"
    case 404: "NotFound"
    case 407: proxyAuthentication
    case 412: "PreconditionFailed"
    case 503: "ServiceUnavailable"
    default: "HTTP\(status)"
    }
}

/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList and
/// https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
private enum Codes {
    static let throttled: Set = [
        "SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "ThrottledException",
        "RequestThrottled", "RequestThrottledException", "TooManyRequests", "TooManyRequestsException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "KMS.ThrottlingException",
    ]
    /// The last four: the body was damaged on its way.
    static let transient: Set = [
        "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure", "InternalServiceException",
        "OperationTimeoutException", "ConditionalRequestConflict", "OperationAborted",
        "KMS.KMSInternalException", "KMS.DependencyTimeoutException", "KMS.KeyUnavailableException",
        "BadDigest", "IncompleteBody", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch",
    ]
    static let clock: Set = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]
    /// Glue says InvalidSignatureException for a wrong time, too.
    static let maybeClock: Set = ["InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"]
    static let expired: Set = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]
    static let credentials: Set = [
        "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidAccessKeyId", "InvalidToken",
        "UnrecognizedClientException", "InvalidClientTokenId", "IncompleteSignature", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "AuthFailure", "NotSignedUp",
    ]
    static let denied: Set = ["AccessDenied", "AccessDeniedException", "AllAccessDisabled"]
    static let notFound: Set = ["NoSuchBucket", "NoSuchKey", "EntityNotFoundException", "NotFound"]

    /// Whether another attempt would get the same answer, whatever the status.
    static func isFinal(_ code: String) -> Bool {
        denied.contains(code) || credentials.contains(code) || notFound.contains(code) || code == "NotImplemented"
    }
}
