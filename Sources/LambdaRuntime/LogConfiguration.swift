import Environment
import Logging

/// How Lambda's own settings want the log: format and level.
public struct LogConfiguration: Equatable, Sendable {
    public enum Format: Sendable {
        /// One JSON object a line.
        case json
        case text
    }
    public var format: Format
    public var level: Logger.Level

    public init(format: Format = .text, level: Logger.Level = .info) {
        self.format = format
        self.level = level
    }

    /// `AWS_LAMBDA_LOG_FORMAT` (`JSON` or `Text`, the default), `AWS_LAMBDA_LOG_LEVEL` (TRACE, DEBUG, INFO, WARN,
    /// ERROR, FATAL), which Lambda sets with JSON only, and otherwise `LOG_LEVEL`. What is neither is INFO:
    /// a function must not fail to start for its log.
    public init(_ environment: Environment) {
        format = environment["AWS_LAMBDA_LOG_FORMAT"]?.lowercased() == "json" ? .json : .text
        let level = environment["AWS_LAMBDA_LOG_LEVEL"] ?? environment["LOG_LEVEL"]
        self.level = level.flatMap(Logger.Level.init(lambdaName:)) ?? .info
    }

    /// INFO, or the least level above it that Lambda lets through: for lines that must arrive whatever the level is.
    /// `nil` with text, where Lambda does not look at levels.
    public var leastPassingLevel: StaticString? { format == .json ? max(level, .info).lambdaName : nil }
}

extension Logger {
    /// A logger that writes to standard output as Lambda's settings want it. Nothing global is touched.
    public static func lambda(_ label: String, _ environment: Environment) -> Logger {
        let configuration = LogConfiguration(environment)
        return Logger(label: label) { LambdaLogHandler(label: $0, configuration) }
    }
}

extension Logger.Level {
    /// The name that Lambda filters by. swift-log has two levels more, which go to their neighbours.
    var lambdaName: StaticString {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARN"
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }

    /// Accepts Lambda's names and swift-log's own, in any case.
    init?(lambdaName: String) {
        switch lambdaName.lowercased() {
        case "warn": self = .warning
        case "fatal": self = .critical
        case let name: self.init(rawValue: name)
        }
    }
}
