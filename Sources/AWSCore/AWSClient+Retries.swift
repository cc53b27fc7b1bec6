import HTTP
import UTC

/// What becomes of a call once its attempt has ended.
extension AWSClient {
    func handle(_ answer: Result<HTTPResponse, HTTPFailure>, _ call: Call) {
        switch answer {
        case .failure(let problem): retryOrFail(call, Refusal(problem, call, advice))
        case .success(let response):
            switch call.complete(response) {
            case nil: break
            case .unreadable(let why): retryOrFail(call, Refusal(unreadable: why, response, call, advice))
            case .refused:
                let refusal = Refusal(response, call, advice, now: Clock.now())
                retryOrFail(call, refusal, retryAfter: response.headers["Retry-After"])
            }
        }
    }

    /// Puts the call back for another attempt, or ends it.
    private func retryOrFail(_ call: Call, _ refusal: Refusal, retryAfter: String? = nil) {
        var failure = refusal.failure
        failure.attempts = call.attempts
        call.failure = failure
        lastFailure = failure
        let limit = call.operation.isRetried ? maxAttempts : 1
        guard let wait = delay(call, refusal.retry, retryAfter), call.attempts < limit else {
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
        case .credentials: return signer.renewCredentials(of: call, within: remaining) ? 0 : nil
        case .clock(let skew):
            // Corrected before this attempt already: the service is of two minds, so give it time.
            let isNews = abs(skew - call.clockOffset) > 60_000
            signer.clockOffset = skew
            return isNews ? 0 : usual
        case .transient, .throttled:
            return max(usual, RetryPolicy.retryAfter(retryAfter, now: Clock.now() + signer.clockOffset) ?? 0)
        }
    }

    /// Says what went wrong before the time ran out, where anything did.
    func outOfTime(_ call: Call) -> AWSFailure {
        guard var failure = call.failure else {
            var unmade = AWSFailure(
                kind: .deadline, operation: call.operation, resource: advice.resource(call), code: "Timeout",
                message: "the invocation's deadline left no time to make the request", attempts: call.attempts)
            unmade.advice = advice.text(unmade, call)
            if let lastFailure {
                unmade.message += ", after \(lastFailure.operation): \(lastFailure.code): \(lastFailure.message)"
                unmade.advice = lastFailure.advice
            }
            return unmade
        }
        failure.attempts = call.attempts
        failure.kind = .deadline
        failure.message += "; there was no time left to retry"
        return failure
    }
}
