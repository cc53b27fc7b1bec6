import ArgumentParser
import Foundation
import Synchronization

/// Where the function's log goes, with its START, END and REPORT lines: `--function-logs`.
enum FunctionLogs: ExpressibleByArgument, Equatable {
    case none
    /// Lines that report an error; the rest is counted.
    case errors
    case standardError
    case file(String)

    init?(argument: String) {
        switch argument {
        case "": return nil
        case "none": self = .none
        case "errors": self = .errors
        case "-": self = .standardError
        default: self = .file(argument)
        }
    }
}

/// The function's log on its way there. Several sandboxes write to one.
final class FunctionLog: Sendable {
    private let logs: FunctionLogs
    private let descriptor: Int32
    private let hiddenWarnings = Mutex(0)

    /// - Throws: `CommandFailure` where the file cannot be opened.
    init(_ logs: FunctionLogs) throws {
        self.logs = logs
        guard case .file(let path) = logs else {
            descriptor = -1
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ line: String) {
        switch logs {
        case .none: break
        case .standardError: Terminal.shared.print(line)
        // One call for each line: those of several sandboxes do not mix.
        case .file: _ = Array((line + "\n").utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        case .errors:
            switch Self.severity(of: line) {
            case .error: Terminal.shared.print(line)
            case .warning: hiddenWarnings.withLock { $0 += 1 }
            case .other: break
            }
        }
    }

    /// Says how many warnings were not shown, and where they can be seen.
    func finish() {
        let count = hiddenWarnings.withLock { $0 }
        guard count > 0 else { return }
        Terminal.shared.print("\(counted(count, "warning")) in the function's log; --function-logs - shows all of it")
    }

    enum Severity { case error, warning, other }

    /// By what runtimes write: this project's logfmt or JSON, Node's and Python's words, the platform's sentences.
    static func severity(of line: String) -> Severity {
        // A line of metrics reports nothing, whatever its metrics are called.
        guard !line.contains(#""_aws""#) else { return .other }
        let words = Set(line.prefix(400).split { !$0.isLetter })
        let errors: Set<Substring> = ["ERROR", "FATAL", "CRITICAL", "Error", "Traceback", "Exception"]
        if !words.isDisjoint(with: errors) || line.contains("Task timed out") { return .error }
        return words.isDisjoint(with: ["WARN", "WARNING"]) ? .other : .warning
    }
}
