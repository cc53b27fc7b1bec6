import Bytes
import LineOutput
import Logging
import UTC

/// Lines for CloudWatch Logs: one JSON object, or one line of text, for each event, in one write.
package struct LambdaLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: LogConfiguration.Format
    private let output: LineWriter

    package init(label: String, _ configuration: LogConfiguration, output: LineWriter = LineWriter()) {
        self.label = label
        logLevel = configuration.level
        format = configuration.format
        self.output = output
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let line = LogLine(event, at: Clock.now(), label: label, metadata)
        let buffer = ByteBuffer(capacity: 512)
        switch format {
        case .json: line.appendJSON(to: buffer)
        case .text: line.appendText(to: buffer)
        }
        buffer.append(UInt8(ascii: "\n"))
        output.write(buffer.bytes)
    }
}
