import Libc

/// SIGTERM ends the process at once while it waits for an invocation; one that comes within an invocation is held
/// back until that is answered.
///
/// The kernel does the bookkeeping: the signal is blocked but for the wait, and then the handler only exits. So there
/// is no flag to look at, and no moment between looking and waiting in which a signal could be lost. (Lambda sends
/// SIGTERM where an extension is registered, 500 ms or more before SIGKILL.)
enum ProcessSignals {
    static func prepare() {
        setTermination(SIG_BLOCK)
        signal(SIGTERM) { _ in _exit(0) }
        // A peer that hangs up while it is written to is an error of that write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Runs `wait` such that SIGTERM ends the process, also one that came before.
    static func endingOnTermination<Value, Failure: Error>(
        _ wait: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        setTermination(SIG_UNBLOCK)
        defer { setTermination(SIG_BLOCK) }
        return try wait()
    }

    private static func setTermination(_ how: Int32) {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(how, &set, nil)
    }
}
