import CTestParts
import Foundation
import Libc

/// A real program, started with exactly the environment it is given, its output captured, and never left behind:
/// it and what it started are killed when the object goes.
///
/// `@unchecked`: everything that changes is guarded by `state`.
package final class LocalProcess: @unchecked Sendable {
    package struct Exit: Sendable, Equatable {
        /// The exit code; `nil` where a signal ended it.
        package let code: Int32?
        package let signal: Int32?
        /// User and system time together, seconds.
        package let processorTime: Double
    }

    package enum Stream: Sendable { case output, error }

    package let processID: pid_t
    private let state = Monitor()
    private var text: [Stream: [UInt8]] = [.output: [], .error: []]
    private var openStreams = 2
    private var exit: Exit?

    /// Starts `executable` (a path). Its environment is `environment` and nothing else.
    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        directory: String? = nil
    ) throws {
        let (output, error) = (try Self.makePipe(), try Self.makePipe())
        defer {
            close(output.write)
            close(error.write)
        }
        do {
            processID = try Self.spawn(executable, arguments, environment, directory, output.write, error.write)
        } catch let failure {
            close(output.read)
            close(error.read)
            throw failure
        }
        // The readers own the object until both streams end, and they end when the processes are gone:
        // `deinit` could never run. So they hold it weakly.
        for (stream, descriptor) in [(Stream.output, output.read), (.error, error.read)] {
            Thread.detachNewThread { [weak self] in Self.read(descriptor, stream) { self } }
        }
        Thread.detachNewThread { [weak self, processID] in Self.reap(processID) { self } }
    }

    deinit {
        // Reaping happens on a thread that no longer finds this object; until then the number is not given away.
        if exit == nil {
            for child in Self.descendants(of: processID) { kill(child, SIGKILL) }
            kill(processID, SIGKILL)
        }
    }

    // MARK: What it says and does

    package func output(_ stream: Stream = .output) -> String {
        state.change { String(decoding: text[stream] ?? [], as: UTF8.self) }
    }

    /// The same where it need not be text.
    package func bytes(_ stream: Stream = .output) -> [UInt8] { state.change { text[stream] ?? [] } }

    /// Whole lines so far.
    package func lines(_ stream: Stream = .output) -> [String] {
        output(stream).components(separatedBy: "\n").dropLast()
    }

    /// Waits for a whole line that contains `part`, and gives it.
    @discardableResult
    package func line(
        containing part: String, on stream: Stream = .output, within seconds: Double = 20
    ) throws -> String {
        let found = state.wait(within: seconds) { () -> String?? in
            let lines = String(decoding: text[stream] ?? [], as: UTF8.self).components(separatedBy: "\n").dropLast()
            if let found = lines.first(where: { $0.contains(part) }) { return found }
            return openStreams == 0 ? .some(nil) : nil
        }
        guard let line = found ?? nil else { throw waitedInVain("a line with '\(part)'") }
        return line
    }

    /// Waits for the end of the process and of its output.
    @discardableResult
    package func exit(within seconds: Double = 20) throws -> Exit {
        guard let exit = state.wait(within: seconds, until: { openStreams == 0 ? exit : nil }) else {
            throw waitedInVain("the exit of process \(processID)")
        }
        return exit
    }

    package var isRunning: Bool { state.change { exit == nil } }

    /// Sends `number` (SIGTERM, …) unless the process has ended.
    package func signal(_ number: Int32) {
        state.change { if exit == nil { kill(processID, number) } }
    }

    /// The largest resident set so far, bytes, of the process while it runs. (What `wait4` tells after its end is no
    /// use: Linux counts the memory that the process shared with the test runner before its `exec`.)
    package func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw WaitedInVain(description: "process \(processID) has ended: no peak memory to be had")
        }
        return kibibytes * 1024
    }

    /// Processes that it started and those they started, by id.
    package var descendants: [pid_t] { state.change { exit == nil ? Self.descendants(of: processID) : [] } }

    private func waitedInVain(_ what: String) -> WaitedInVain {
        let said = [output(.output), output(.error)].map { $0.suffix(4000) }
        return WaitedInVain(
            description: "\(what) did not come. Standard output: \(said[0])\nStandard error: \(said[1])")
    }

    // MARK: Threads and system calls

    private static func read(_ descriptor: Int32, _ stream: Stream, _ process: () -> LocalProcess?) {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Libc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, let process = process() else { break }
            process.state.change { process.text[stream, default: []] += chunk[..<count] }
        }
        close(descriptor)
        if let process = process() { process.state.change { process.openStreams -= 1 } }
    }

    private static func reap(_ processID: pid_t, _ process: () -> LocalProcess?) {
        // First learn of the end and leave the zombie, so that nobody signals a number that is another's by now.
        var information = siginfo_t()
        while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        func reap() -> Exit {
            var status: Int32 = 0
            var usage = rusage()
            while wait4(processID, &status, 0, &usage) < 0, errno == EINTR {}
            let signal = status & 0x7f
            let time = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }
            return Exit(
                code: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
                processorTime: time[0] + time[1])
        }
        if let process = process() { process.state.change { process.exit = reap() } } else { _ = reap() }
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard test_parts_pipe(&ends) == 0 else { throw SocketError("pipe") }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String: String], _ directory: String?,
        _ output: Int32, _ error: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, error, 2)
        if let directory { test_parts_spawn_in(&actions, directory) }
        // The test runner may block or ignore signals; the program starts as from a shell.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argumentVector = ([executable] + arguments).map { strdup($0) } + [nil]
        var environmentVector = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argumentVector + environmentVector).forEach { free($0) } }
        var processID: pid_t = 0
        let code = posix_spawn(&processID, executable, &actions, &attributes, &argumentVector, &environmentVector)
        guard code == 0 else {
            errno = code
            throw SocketError("start of \(executable)")
        }
        return processID
    }

    private static func descendants(of ancestor: pid_t) -> [pid_t] {
        let processes = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        let parents = processes.compactMap { process -> (child: pid_t, parent: pid_t)? in
            // "pid (name) state ppid …"; the name may hold anything, so count from its closing parenthesis.
            guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let name = stat.lastIndex(of: ")"), let parent = pid_t(stat[name...].split(separator: " ")[2])
            else { return nil }
            return (process, parent)
        }
        var found = [ancestor]
        var next = 0
        while next < found.count {
            found += parents.filter { $0.parent == found[next] }.map(\.child)
            next += 1
        }
        return Array(found.dropFirst())
    }
}
