import UTC

/// How long to wait before a request is made again: full jitter, a random time from nothing to a limit that doubles.
///
/// The figures are those of the SDKs' standard mode
/// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html):
/// 50 ms to begin with, but a second where the service asked for less traffic, and never above 20 s.
package struct RetryPolicy: Sendable {
    /// The first limit after a failure that has nothing to do with load, in milliseconds.
    package var transientBase: Int64
    /// The first limit after SlowDown and its kin, in milliseconds.
    package var throttledBase: Int64
    /// No limit grows beyond this, in milliseconds.
    package var cap: Int64

    package init(transientBase: Int64 = 50, throttledBase: Int64 = 1000, cap: Int64 = 20_000) {
        self.transientBase = transientBase
        self.throttledBase = throttledBase
        self.cap = cap
    }

    /// - Parameter attempts: how many times the request has been made, 1 or more.
    func delay(after attempts: Int, throttled: Bool) -> Int64 {
        Int64.random(in: 0...limit(after: attempts, throttled: throttled))
    }

    func limit(after attempts: Int, throttled: Bool) -> Int64 {
        let base = throttled ? throttledBase : transientBase
        return min(cap, base << min(max(attempts, 1) - 1, 20))
    }

    /// What a service asks for in `Retry-After` (RFC 9110 § 10.2.3), in milliseconds from `now`.
    static func retryAfter(_ value: String?, now: EpochMilliseconds) -> Int64? {
        guard let value else { return nil }
        if let seconds = UInt32(value) { return Int64(seconds) * 1000 }
        return MomentText.http(value).map { max(0, $0 - now) }
    }
}

/// What a refusal says about another try.
enum Retry: Equatable {
    case never
    case transient
    case throttled
    /// The signature's time was off: the server's clock is this many milliseconds ahead of ours.
    case clock(Int64)
    /// The credentials have expired.
    case credentials
}

/// A failed attempt that is followed by another.
package struct RetryNotice: Sendable {
    package var failure: AWSFailure
    /// Milliseconds until the next attempt may start.
    package var delay: Int64
}
