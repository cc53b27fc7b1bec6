import AWSSigning
import Bytes
import Environment
import HTTP
import Libc
import UTC

/// Makes requests to AWS: several at once, each signed, each retried if that may help, none after the invocation's
/// deadline.
///
/// `submit` takes a request of any service; `run` carries out all that were submitted, on the caller's thread.
/// Completions run within `run` and may submit more. Not `Sendable`: it lives on one thread.
package final class AWSClient {
    package let configuration: AWSConfiguration
    /// Called for each failed attempt that will be retried; for the log.
    package var onRetry: ((RetryNotice) -> Void)?
    /// Requests made in this invocation, every attempt counted: what AWS bills. A request that libcurl sent again
    /// because an idle connection turned out to be dead counts once.
    package private(set) var requestCounts = RequestCounts()

    private let http: HTTPClient
    private let concurrency: Int
    let policy: RetryPolicy
    let advice: Advice
    var signer: CallSigner
    /// On the monotonic clock: the wall clock may jump in the middle.
    private var deadline = Int64.max
    /// How often a request may be made in this invocation, the first time included.
    private(set) var maxAttempts: Int

    var queue = CallQueue()
    /// Those in the queue whose body has not been digested yet.
    private var undigested: [Call] = []
    private var arrived: [(Call, Result<HTTPResponse, HTTPFailure>)] = []
    private var inFlight = 0
    /// Work to do while waiting for responses, in this order.
    private var idleWork: ArraySlice<() -> Void> = []
    private var isRunning = false
    /// The last failure in this invocation: if a later request finds no time left, this is where it went.
    var lastFailure: AWSFailure?
    /// Why this invocation has no credentials.
    private var credentialsFailure: AWSFailure?

    /// - Parameters:
    ///   - credentials: `nil` sends requests unsigned.
    ///   - concurrency: how many requests may be in flight at once, 1 or more.
    ///   - adviser: what a failure's reader can do about it, if the client does not know.
    package init(
        configuration: AWSConfiguration, credentials: CredentialsSource?, http: HTTPClient, concurrency: Int,
        retryPolicy: RetryPolicy = RetryPolicy(), adviser: (any FailureAdviser)? = nil
    ) {
        self.configuration = configuration
        advice = Advice(configuration, adviser)
        signer = CallSigner(region: configuration.region, credentials)
        self.http = http
        self.concurrency = max(1, concurrency)
        maxAttempts = configuration.maxAttempts
        policy = retryPolicy
    }

    /// With credentials and connections as `environment` describes them.
    /// - Parameters:
    ///   - services: those that requests are made to, the main one first (see `AWSConfiguration`).
    ///   - concurrency: how many requests may be in flight at once, 1 or more.
    /// - Throws: `ConfigurationError` naming the variable at fault; of a proxy's, only the name.
    package convenience init(
        environment: Environment, services: [AWSService], concurrency: Int, adviser: any FailureAdviser
    ) throws(ConfigurationError) {
        let configuration = try AWSConfiguration(environment: environment, services: services)
        self.init(configuration, environment: environment, concurrency: concurrency, adviser: adviser)
    }

    /// - Parameter isSigned: false sends requests unsigned.
    package convenience init(
        _ configuration: AWSConfiguration, environment: Environment, isSigned: Bool = true, concurrency: Int,
        adviser: any FailureAdviser
    ) {
        let bundle = configuration.certificateBundle
        let credentials = CredentialsSource(environment: environment, certificateBundle: bundle)
        self.init(
            configuration: configuration, credentials: isSigned ? credentials : nil,
            http: HTTPClient(
                HTTPClient.Configuration(
                    certificateBundle: bundle, proxyCertificateBundle: configuration.proxyCertificateBundle,
                    keptConnections: concurrency + 1, secrets: configuration.proxies.secrets)),
            concurrency: concurrency, adviser: adviser)
    }

    /// Less time than this is not worth starting a request, in milliseconds.
    package static let shortestAttempt: Int64 = 50

    /// Call it before the requests of an invocation are submitted.
    /// - Parameters:
    ///   - deadline: by then every request is done or has failed. Leave yourself time to report.
    ///   - maxAttempts: how often a request is made at most; the configuration decides unless given.
    package func beginInvocation(deadline: EpochMilliseconds, maxAttempts: Int? = nil) {
        self.maxAttempts = maxAttempts ?? configuration.maxAttempts
        requestCounts.reset()
        credentialsFailure = nil
        lastFailure = nil
        idleWork = []
        let (end, overflow) = Clock.monotonic().addingReportingOverflow(deadline - Clock.now())
        self.deadline = overflow ? .max : end
    }

    /// Queues a request, which `run` carries out.
    /// - Parameters:
    ///   - milliseconds: how long it may take with all its attempts, within the invocation's time; resolving the host's
    ///     name is not counted.
    ///   - delay: milliseconds until it may start.
    ///   - completion: runs exactly once, within `run`.
    package func submit<Request: AWSRequest>(
        _ request: Request, within milliseconds: Int64 = .max, after delay: Int64 = 0,
        completion: @escaping (Result<Request.Output, AWSFailure>) -> Void
    ) {
        let call = Call(request, to: configuration.endpoint(of: Request.operation.service), completion)
        if milliseconds < .max { call.end = Clock.monotonic() + delay + milliseconds }
        if delay > 0 { queue.append(call, due: Clock.monotonic() + delay) } else { queue.append(call) }
        if call.body != nil { undigested.append(call) }
    }

    /// Runs `work` within `run` once requests are in flight and none has been answered: the time is paid for anyway.
    /// It is not run at all when there is nothing to wait for; it may not submit anything.
    package func whileWaiting(_ work: @escaping () -> Void) { idleWork.append(work) }

    /// Carries out what was submitted, and what completions submit meanwhile, until nothing is left.
    package func run() {
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        while true {
            startDueCalls()
            if inFlight == 0, queue.isEmpty { return idleWork = [] }
            if inFlight > 0, !idleWork.isEmpty { runIdleWork() } else { waitForEvent() }
            let answers = arrived
            arrived.removeAll(keepingCapacity: true)
            for (call, answer) in answers {
                inFlight -= 1
                handle(answer, call)
            }
        }
    }

    private func startDueCalls() {
        while inFlight < concurrency, let call = queue.popDue(Clock.monotonic()) {
            // Within the loop: a call that fails at once may have submitted another.
            digestBodies()
            start(call)
        }
    }

    /// All that have been submitted, at once: hashing several bodies together takes half the time.
    private func digestBodies() {
        guard !undigested.isEmpty else { return }
        let digests = SHA256Digest.all(of: undigested.compactMap { $0.body?.bytes })
        for (call, digest) in zip(undigested, digests) { call.setDigest(digest) }
        undigested.removeAll(keepingCapacity: true)
    }

    /// Until a response is there or the next waiting call is due.
    private func waitForEvent() {
        guard arrived.isEmpty else { return }
        // With all slots taken, what falls due meanwhile must wait for a response anyway.
        let due = inFlight < concurrency ? queue.nextDue.map { max(0, $0 - Clock.monotonic()) } : nil
        let milliseconds = Int(min(due ?? 60_000, 60_000))
        if inFlight > 0 {
            http.poll(milliseconds: milliseconds)
        } else {
            // Nothing for libcurl to wait on.
            _ = poll(nil, 0, Int32(milliseconds))
        }
    }

    private func runIdleWork() {
        http.poll(milliseconds: 0)
        if arrived.isEmpty, let work = idleWork.popFirst() { work() }
    }

    var remaining: Int64 { deadline == .max ? .max : deadline - Clock.monotonic() }

    /// The invocation's time, or the call's own where that is shorter.
    func remaining(_ call: Call) -> Int64 {
        call.end == .max ? remaining : min(remaining, call.end - Clock.monotonic())
    }

    private func start(_ call: Call) {
        guard remaining(call) >= Self.shortestAttempt else { return call.fail(outOfTime(call)) }
        if let credentialsFailure { return call.fail(credentialsFailure) }
        let signed: SignedRequest
        do {
            signed = try signer.sign(call, within: remaining)
        } catch {
            // Requested once: a hundred calls must not wait for the same silent endpoint in turn.
            var failure = error
            failure.advice = advice.ofCredentials(failure, call)
            credentialsFailure = failure
            return call.fail(failure)
        }
        call.attempts += 1
        requestCounts.count(call.operation)
        inFlight += 1
        let url = "\(call.isSecure ? "https" : "http")://\(call.request.host)\(signed.target)"
        let request = HTTPRequest(
            HTTPMethod(rawValue: call.request.method) ?? .get, url, headers: signed.headers, body: call.body,
            limits: limits(call), responseLimit: call.operation.responseLimit)
        http.start(request) { [unowned self] in arrived.append((call, $0)) }
    }

    /// An attempt gets its operation's time and a second for each 256 KiB. It also ends some 10 s after the last byte:
    /// libcurl begins to count its five seconds when its average speed over five more has come down to nothing. Where
    /// the service may think for longer, silence says nothing.
    private func limits(_ call: Call) -> HTTPLimits {
        let total = min(remaining, call.operation.responseTime + Int64(call.body?.count ?? 0) / 262_144 * 1000)
        // A call's own time is for the service, not for a slow resolver.
        let exchange = call.end == .max ? 0 : max(1, call.end - Clock.monotonic())
        let stall = call.operation.responseTime > AWSOperation.usualResponseTime ? 0 : 5_000
        return HTTPLimits(connect: Int(min(3_000, total)), total: Int(total), exchange: Int(exchange), stall: stall)
    }
}
