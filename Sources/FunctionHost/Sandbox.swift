import CSandbox
import Foundation
import UTC

/// One process of the function, between its start and its end.
final class Sandbox {
    let runtimeAPI: RuntimeAPIServer
    private let process: pid_t
    private let logs: LogPipe
    private var status: Int32?
    private(set) var isFrozen = false

    init(_ settings: FunctionSettings) throws(SandboxError) {
        let runtimeAPI = try RuntimeAPIServer()
        let logs = try LogPipe(settings.log)
        let path = URL(fileURLWithPath: settings.executable).path
        let taskRoot = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let variables = settings.variables(runtimeAPI: runtimeAPI.authority, taskRoot: taskRoot)
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
        var environment = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        process = csandbox_start(path, &arguments, &environment, taskRoot, logs.writeEnd)
        let problem = errno
        logs.closeWriteEnd()
        guard process > 0 else {
            throw SandboxError("\(settings.executable) could not be started: \(String(cString: strerror(problem)))")
        }
        self.runtimeAPI = runtimeAPI
        self.logs = logs
    }

    /// A sandbox that is released is killed: nothing of it remains.
    deinit {
        guard status == nil else { return }
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// What happened first.
    enum Event {
        case request(RuntimeAPIServer.Request)
        /// `exit status: 1` or `signal: killed`, as Lambda puts it.
        case exited(String)
        case timedOut
    }

    /// Serves logs and connections until a whole request has come, the process has ended, or the time is over.
    /// - Parameter deadline: on the monotonic clock.
    func next(before deadline: Int64) -> Event {
        while true {
            if let request = runtimeAPI.takeRequest() { return .request(request) }
            if hasExited() {
                logs.drain()
                return .exited(exitReason)
            }
            let rest = deadline - Clock.monotonic()
            guard rest > 0 else { return .timedOut }
            var descriptors = runtimeAPI.descriptors + [logs.descriptor]
            // The end of the process shows as the end of its pipe; should a child hold that open, the clock tells.
            _ = poll(&descriptors, nfds_t(descriptors.count), Int32(min(rest, 50)))
            logs.read()
            runtimeAPI.serve()
        }
    }

    /// Returns when it has stopped: a signal is only under way when `kill` returns.
    func freeze() {
        guard status == nil else { return }
        kill(process, SIGSTOP)
        var code: Int32 = 0
        while waitpid(process, &code, WUNTRACED) < 0, errno == EINTR {}
        isFrozen = code & 0xff == 0x7f
        if !isFrozen { status = code }
    }

    func thaw() {
        guard isFrozen else { return }
        kill(process, SIGCONT)
        isFrozen = false
    }

    func drainLogs() { logs.drain() }

    var hasEnded: Bool { hasExited() }

    /// Megabytes, from the kernel's own high-water mark.
    func peakMemory() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = Int(line.split(whereSeparator: \.isWhitespace).dropFirst().first ?? "")
        else { return 0 }
        return (kilobytes + 1023) / 1024
    }

    private func hasExited() -> Bool {
        if status != nil { return true }
        var code: Int32 = 0
        guard waitpid(process, &code, WNOHANG) == process else { return false }
        status = code
        return true
    }

    private var exitReason: String {
        let status = status ?? 0
        let signal = status & 0x7f
        guard signal != 0 else { return "exit status \((status >> 8) & 0xff)" }
        return signal == SIGKILL ? "signal: killed" : "signal: \(String(cString: strsignal(signal)).lowercased())"
    }
}

/// Why a function cannot run here.
package struct SandboxError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
