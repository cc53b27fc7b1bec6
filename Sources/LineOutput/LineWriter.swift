import Libc

/// Whole lines for CloudWatch Logs, which makes an event of each: logs and metrics share this one way out.
///
/// Standard output is written to directly; C's `stdout` would be block-buffered in Lambda's sandbox and freeze with it.
package struct LineWriter: Sendable {
    /// As `write(2)`: gives the number of bytes taken, which may be fewer than offered, or -1 with `errno` set.
    package typealias Write = @Sendable (UnsafeRawBufferPointer) -> Int

    private let output: Write

    /// `output` is standard output unless a test wants to see what is written.
    package init(_ output: @escaping Write = { LineWriter.standardOutput($0) }) {
        self.output = output
    }

    @Sendable package static func standardOutput(_ bytes: UnsafeRawBufferPointer) -> Int {
        Libc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }

    /// Writes a line, its line feed included, in one go. A line that is cut would spoil the one after it, so what a
    /// write left over is written next. A write that fails for good loses its line: there is nowhere to say so.
    package func write(_ line: UnsafeRawBufferPointer) {
        var rest = line
        while !rest.isEmpty {
            let count = output(rest)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[min(count, rest.count)...])
        }
    }
}
