import Libc

/// Waits that double up to a limit: a runtime whose API has gone away must neither spin nor wait forever.
struct Backoff {
    /// How many failures in a row are borne.
    var attempts = 5
    /// Milliseconds before the second attempt; each further wait is twice as long. 1.5 s in all by default.
    var first = 100

    private var failures = 0

    init(attempts: Int = 5, first: Int = 100) {
        self.attempts = attempts
        self.first = first
    }

    mutating func succeeded() { failures = 0 }

    /// Waits before the next attempt. False, at once, where there is to be none.
    mutating func waitAfterFailure() -> Bool {
        failures += 1
        guard failures < attempts else { return false }
        usleep(useconds_t(first * 1000) << (failures - 1))
        return true
    }
}
