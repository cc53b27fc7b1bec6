import Bytes
import JSON
import Logging
import UTC

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Lines for CloudWatch Logs: one JSON object, or one line of text, for each event, in one write.
public struct LambdaLogHandler: LogHandler {
    /// As `write(2)`: gives the number of bytes taken, which may be fewer than offered, or -1 with `errno` set.
    public typealias Write = @Sendable (UnsafeRawBufferPointer) -> Int

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: LogConfiguration.Format
    private let write: Write

    /// `write` is standard output; not C's `stdout`, which Lambda's sandbox would have block-buffered and freeze.
    public init(
        label: String, _ configuration: LogConfiguration,
        write: @escaping Write = { Self.standardOutput($0) }
    ) {
        self.label = label
        logLevel = configuration.level
        format = configuration.format
        self.write = write
    }

    @Sendable public static func standardOutput(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
        #else
        Musl.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
        #endif
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = LogLine(event, at: Clock.now(), label: label, metadata)
        let buffer = ByteBuffer(capacity: 512)
        switch format {
        case .json: line.appendJSON(to: buffer)
        case .text: line.appendText(to: buffer)
        }
        buffer.append(UInt8(ascii: "\n"))
        writeAll(buffer.bytes)
    }

    /// A line that is cut would spoil the one after it, so what a write left over is written next. A write that
    /// fails for good loses its line: there is nowhere to say so.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(rest)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[min(count, rest.count)...])
        }
    }
}
