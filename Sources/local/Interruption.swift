import Foundation
import Synchronization

/// Ctrl-C and SIGTERM, turned into a question that loops ask. The second one ends the process at once.
final class Interruption: Sendable {
    private let came = Atomic(false)

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
            while sigwait(&signals, &number) == 0 {
                if came.exchange(true, ordering: .relaxed) { _exit(130) }
            }
        }
    }

    var hasCome: Bool { came.load(ordering: .relaxed) }
}
