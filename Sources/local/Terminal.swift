import Foundation
import Synchronization

/// Lines and, on a terminal, a status below them that is redrawn: what is printed never tears it.
final class Terminal: Sendable {
    /// The display goes to standard error, so that standard output stays for what a pipe is to get.
    static let shared = Terminal(descriptor: 2)

    private let descriptor: Int32
    let isLive: Bool
    private let status = Mutex<[String]>([])

    init(descriptor: Int32) {
        self.descriptor = descriptor
        isLive = isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    func print(_ line: String) {
        status.withLock { lines in
            write(erasure(lines.count) + line + "\n" + lines.map { $0 + "\n" }.joined())
        }
    }

    /// On a terminal, replaces the status; elsewhere nothing happens.
    func show(_ lines: [String]) {
        guard isLive else { return }
        let width = columns()
        let cut = lines.map { String($0.prefix(width - 1)) }
        status.withLock { old in
            write(erasure(old.count) + cut.map { $0 + "\n" }.joined())
            old = cut
        }
    }

    private func erasure(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A\r\u{1B}[J" : "" }

    func columns() -> Int {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
    }

    private func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// What went wrong while a command ran. It is not about how the command was typed, so no usage is shown with it.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A line on standard output, at once: Swift's own is kept back where it is a pipe.
func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// `12,345`
func grouped(_ number: some BinaryInteger) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}

/// `1 record`, `12,345 records`
func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
}
