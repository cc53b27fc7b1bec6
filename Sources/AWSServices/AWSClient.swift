import AWSSigning
import Bytes
import Environment
import HTTP
import UTC

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Makes requests to AWS: several at once, each signed, each made again where that may help, none after the
/// invocation's deadline.
///
/// `S3` and `Glue` submit calls; `run` carries them all out on the caller's thread. Completions run within `run`
/// and may submit more. Not `Sendable`: it lives on one thread.
public final class AWSClient {
    public let configuration: AWSConfiguration
    /// Told of each failed attempt that will be made again; for the log.
    public var onRetry: ((RetryNotice) -> Void)?
    /// Requests made in this invocation, every attempt counted: what S3 and Glue bill. A request that libcurl sent
    /// again because an idle connection turned out to be dead counts once.
    public private(set) var requestCounts = RequestCounts()

    private let source: CredentialsSource
    private let http: HTTPClient
    private let concurrency: Int
    private let policy: RetryPolicy
    private let advice: Advice
    private var s3Signer: SigV4Signer?
    private var glueSigner: SigV4Signer?
    /// On the monotonic clock: the wall clock may jump in the middle.
    private var deadline = Int64.max
    /// Of a request in this invocation, the first one counted.
    private var maxAttempts: Int
    /// How far AWS's clock is ahead of ours, in milliseconds, as far as it has complained.
    private var clockOffset: Int64 = 0

    private var queue = CallQueue()
    /// Those in the queue whose body has not been digested yet.
    private var undigested: [Call] = []
    private var arrived: [(Call, Result<HTTPResponse, HTTPFailure>)] = []
    private var inFlight = 0
    /// What can be done while answers are waited for, the first one first.
    private var meanwhile: ArraySlice<() -> Void> = []
    private var isRunning = false
    /// What went wrong last in this invocation: where a later request finds no time left, this is where it went.
    private var lastFailure: AWSFailure?
    /// Why this invocation has no credentials.
    private var noCredentials: AWSFailure?

    /// - Parameters:
    ///   - concurrency: how many requests may be under way at once, 1 or more.
    ///   - adviser: what a failure's reader can do about it, where the client does not know.
    public init(
        configuration: AWSConfiguration, credentials: CredentialsSource, http: HTTPClient, concurrency: Int,
        retryPolicy: RetryPolicy = RetryPolicy(), adviser: (any FailureAdviser)? = nil
    ) {
        self.configuration = configuration
        advice = Advice(configuration, adviser)
        source = credentials
        self.http = http
        self.concurrency = max(1, concurrency)
        maxAttempts = configuration.maxAttempts
        policy = retryPolicy
    }

    /// With credentials and connections as `environment` describes them.
    /// - Throws: naming the variable that is wrong, and of a proxy's no more than the name.
    public convenience init(
        environment: Environment, concurrency: Int, adviser: any FailureAdviser
    ) throws(ConfigurationError) {
        let configuration = try AWSConfiguration(environment: environment)
        let bundle = configuration.certificateBundle
        self.init(
            configuration: configuration,
            credentials: CredentialsSource(environment: environment, certificateBundle: bundle),
            http: HTTPClient(
                HTTPClient.Configuration(
                    certificateBundle: bundle, proxyCertificateBundle: configuration.proxyCertificateBundle,
                    keptConnections: concurrency + 1, secrets: configuration.proxies.secrets)),
            concurrency: concurrency, adviser: adviser)
    }

    /// Less time than this is not worth starting a request, in milliseconds.
    public static let shortestAttempt: Int64 = 50

    /// To be called before the calls of an invocation are submitted.
    /// - Parameters:
    ///   - deadline: by then every request is done or has failed. Leave yourself time to report.
    ///   - maxAttempts: how often a request is made at most; as the configuration says unless told.
    public func beginInvocation(deadline: EpochMilliseconds, maxAttempts: Int? = nil) {
        self.maxAttempts = maxAttempts ?? configuration.maxAttempts
        requestCounts = RequestCounts()
        noCredentials = nil
        lastFailure = nil
        meanwhile = []
        let (end, overflow) = Clock.monotonic().addingReportingOverflow(deadline - Clock.now())
        self.deadline = overflow ? .max : end
    }

    /// Has `work` done within `run` once requests are under way and nothing has been answered: the time is paid for
    /// anyway. It is not done at all when there is nothing to wait for; it may not submit anything.
    public func whileWaiting(_ work: @escaping () -> Void) { meanwhile.append(work) }

    /// Carries out what was submitted, and what completions submit meanwhile, until nothing is left.
    public func run() {
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        while true {
            startWhatIsDue()
            if inFlight == 0, queue.isEmpty { return meanwhile = [] }
            if inFlight > 0, !meanwhile.isEmpty { workMeanwhile() } else { waitForSomething() }
            let answers = arrived
            arrived.removeAll(keepingCapacity: true)
            for (call, answer) in answers {
                inFlight -= 1
                take(answer, call)
            }
        }
    }

    func submit(_ call: Call) {
        queue.append(call)
        if call.body != nil { undigested.append(call) }
    }

    private func startWhatIsDue() {
        while inFlight < concurrency, let call = queue.popDue(Clock.monotonic()) {
            // Within the loop: a call that fails at once may have submitted another.
            digestBodies()
            start(call)
        }
    }

    /// All that have been submitted at once: several bodies take half the time of one after the other.
    private func digestBodies() {
        guard !undigested.isEmpty else { return }
        let digests = SHA256Digest.all(of: undigested.compactMap { $0.body?.bytes })
        for (call, digest) in zip(undigested, digests) { call.setDigest(digest) }
        undigested.removeAll(keepingCapacity: true)
    }

    /// Until an answer is there or the next waiting call is due.
    private func waitForSomething() {
        guard arrived.isEmpty else { return }
        // With all places taken, whatever falls due meanwhile must wait for an answer anyway.
        let due = inFlight < concurrency ? queue.nextDue.map { max(0, $0 - Clock.monotonic()) } : nil
        let milliseconds = Int(min(due ?? 60_000, 60_000))
        if inFlight > 0 {
            http.poll(milliseconds: milliseconds)
        } else {
            // Nothing for libcurl to wait on.
            _ = poll(nil, 0, Int32(milliseconds))
        }
    }

    private func workMeanwhile() {
        http.poll(milliseconds: 0)
        if arrived.isEmpty, let work = meanwhile.popFirst() { work() }
    }

    private var remaining: Int64 { deadline == .max ? .max : deadline - Clock.monotonic() }

    /// The invocation's time, or the call's own where that is shorter.
    private func remaining(_ call: Call) -> Int64 {
        call.end == .max ? remaining : min(remaining, call.end - Clock.monotonic())
    }

    private func start(_ call: Call) {
        guard remaining(call) >= Self.shortestAttempt else { return call.fail(outOfTime(call)) }
        let signed: SignedRequest
        if let noCredentials { return call.fail(noCredentials) }
        do {
            signed = try sign(call)
        } catch {
            // Asked for once: a hundred calls must not wait for the same silent endpoint in turn.
            var failure = error
            failure.advice = advice.ofCredentials(failure, call)
            noCredentials = failure
            return call.fail(failure)
        }
        call.attempts += 1
        requestCounts.count(call.operation)
        inFlight += 1
        let url = "\(call.endpoint.scheme)://\(call.endpoint.host)\(signed.target)"
        let request = HTTPRequest(
            HTTPMethod(rawValue: call.request.method) ?? .get, url, headers: signed.headers, body: call.body,
            limits: limits(call), responseLimit: call.operation.responseLimit)
        http.start(request) { [unowned self] in arrived.append((call, $0)) }
    }

    private func sign(_ call: Call) throws(AWSFailure) -> SignedRequest {
        let now = Clock.now()
        let credentials = try source.current(now, within: remaining)
        call.credentials = credentials
        call.clockOffset = clockOffset
        return switch call.service {
        case .s3: sign(call.request, now, with: credentials, by: &s3Signer, "s3", .s3)
        case .glue: sign(call.request, now, with: credentials, by: &glueSigner, "glue", .generic)
        }
    }

    private func sign(
        _ request: RequestToSign, _ now: EpochMilliseconds, with credentials: AWSCredentials,
        by kept: inout SigV4Signer?, _ service: String, _ rules: SigV4Signer.Rules
    ) -> SignedRequest {
        var signer =
            kept.take()
            ?? SigV4Signer(region: configuration.region, service: service, rules: rules, credentials: credentials)
        signer.credentials = credentials
        defer { kept = signer }
        return signer.sign(request, at: now + clockOffset)
    }

    /// An attempt may not eat all the time there is while a fresh connection would do better: it gets 20 s and a
    /// second for each 256 KiB. It also ends some 10 s after the last byte: libcurl begins to count its five seconds
    /// when its average speed over five more has come down to nothing.
    private func limits(_ call: Call) -> HTTPLimits {
        let fair = 20_000 + Int64(call.body?.count ?? 0) / 262_144 * 1000
        let total = min(remaining, fair)
        // A call's own time is for the service, not for a slow resolver.
        let exchange = call.end == .max ? 0 : max(1, call.end - Clock.monotonic())
        return HTTPLimits(connect: Int(min(3_000, total)), total: Int(total), exchange: Int(exchange), stall: 5_000)
    }

    private func take(_ answer: Result<HTTPResponse, HTTPFailure>, _ call: Call) {
        switch answer {
        case .failure(let problem): again(call, Refusal(problem, call, advice), nil)
        case .success(let response):
            switch call.read(response) {
            case .done(let complete): complete()
            case .unreadable(let why): again(call, Refusal(unreadable: why, response, call, advice), nil)
            case .refused:
                let refusal = Refusal(response, call, advice, now: Clock.now())
                again(call, refusal, response.headers["Retry-After"])
            }
        }
    }

    /// Puts the call back for another attempt, or ends it.
    private func again(_ call: Call, _ refusal: Refusal, _ retryAfter: String?) {
        var failure = refusal.failure
        failure.attempts = call.attempts
        call.failure = failure
        lastFailure = failure
        guard let wait = delay(call, refusal.retry, retryAfter), call.attempts < maxAttempts else {
            if remaining(call) < Self.shortestAttempt, failure.status == nil { return call.fail(outOfTime(call)) }
            return call.fail(failure)
        }
        guard wait <= remaining(call) - Self.shortestAttempt else { return call.fail(outOfTime(call)) }
        onRetry?(RetryNotice(failure: failure, delay: wait))
        queue.append(call, due: Clock.monotonic() + wait)
    }

    /// Milliseconds until the next attempt; `nil` where another would be refused as well.
    private func delay(_ call: Call, _ retry: Retry, _ retryAfter: String?) -> Int64? {
        let usual = policy.delay(after: call.attempts, throttled: retry == .throttled)
        switch retry {
        case .never: return nil
        case .credentials:
            guard let used = call.credentials, source.renew(used, Clock.now(), within: remaining) else { return nil }
            return 0
        case .clock(let skew):
            // Corrected before this attempt already: the service is of two minds, so give it time.
            let isNews = abs(skew - call.clockOffset) > 60_000
            clockOffset = skew
            return isNews ? 0 : usual
        case .transient, .throttled:
            return max(usual, RetryPolicy.retryAfter(retryAfter, now: Clock.now() + clockOffset) ?? 0)
        }
    }

    /// Says what went wrong before the time ran out, where anything did.
    private func outOfTime(_ call: Call) -> AWSFailure {
        guard var failure = call.failure else {
            var unmade = AWSFailure(
                kind: .deadline, operation: call.operation, resource: call.resource, code: "Timeout",
                message: "the invocation's deadline left no time to make the request", attempts: call.attempts)
            unmade.advice = advice.text(unmade, call)
            if let lastFailure {
                unmade.message += ", after \(lastFailure.operation.rawValue): \(lastFailure.code): \(lastFailure.message)"
                unmade.advice = lastFailure.advice
            }
            return unmade
        }
        failure.attempts = call.attempts
        failure.kind = .deadline
        failure.message += "; the invocation's deadline left no time to try again"
        return failure
    }
}
