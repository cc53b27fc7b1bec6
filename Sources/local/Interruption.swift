import Foundation
import Synchronization
import UTC

/// Ctrl-C and SIGTERM, turned into a question that loops ask. A second one ends the process at once, unless it comes
/// with the first: `timeout` signals the process and then its whole group, and a terminal may signal a pipeline twice.
final class Interruption: Sendable {
    private let came = Atomic(false)
    /// Milliseconds: nobody presses it a second time sooner than that on purpose.
    private static let sameWish: Int64 = 300

    /// To be made on the main thread before others start: they inherit that the signals are blocked.
    init() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        let waited = signals
        Thread.detachNewThread { [self] in
            var number: Int32 = 0
            var signals = waited
            var first: Int64?
            while sigwait(&signals, &number) == 0 {
                let now = Clock.monotonic()
                if let first, now - first > Self.sameWish { _exit(130) }
                first = first ?? now
                came.store(true, ordering: .relaxed)
            }
        }
    }

    var hasCome: Bool { came.load(ordering: .relaxed) }
}
