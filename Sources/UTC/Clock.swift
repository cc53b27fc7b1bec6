import Libc

/// Milliseconds since 1970-01-01T00:00:00Z, as Kafka timestamps and Lambda deadlines count them.
public typealias EpochMilliseconds = Int64

package enum Clock {
    /// The wall clock. It may jump: use it to talk to others (signatures, deadlines), not to measure.
    package static func now() -> EpochMilliseconds { milliseconds(CLOCK_REALTIME) }

    /// Milliseconds that never go back, for measuring and for timeouts. It keeps running while a sandbox is frozen.
    package static func monotonic() -> Int64 { milliseconds(CLOCK_MONOTONIC) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
