import AWSCore
import ArgumentParser
import Environment
import Foundation
import FunctionHost

struct FunctionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The function's executable, run locally under this tool's own Runtime API.", valueName: "path"))
    var function: String?

    @Option(
        help: ArgumentHelp(
            """
            A function to call through Lambda's Invoke instead, with AWS_REGION and credentials from the \
            environment. With --function: the function name passed to it.
            """,
            valueName: "name"))
    var functionName: String?

    @Option(
        help: ArgumentHelp(
            """
            Endpoint of Invoke other than AWS: a local AWS, or the Runtime Interface Emulator (whose function is \
            named 'function').
            """,
            valueName: "url"))
    var endpointUrl: String?

    @Option(help: "Timeout of an invocation in seconds, 1-900 (--function).")
    var timeout = 3

    @Option(help: "Megabytes, 128-10240: passed to the function and shown in REPORT lines, not enforced (--function).")
    var memorySize = 128

    @Option(
        name: [.customLong("env"), .customShort("e")],
        help: ArgumentHelp(
            """
            An environment variable for the function, in addition to those of this shell. May be repeated \
            (--function).
            """,
            valueName: "name=value"))
    var variables: [String] = []

    @Flag(help: "Freezes the sandbox between invocations with SIGSTOP, as Lambda does (--function).")
    var freeze = false

    @Option(
        help: ArgumentHelp(
            "Where the function's log goes with its START, END and REPORT lines: a file; '-' for standard error; "
                + "'errors' for errors only, to standard error; or 'none'. Default: '-' with invoke, 'errors' with map "
                + "and replay.",
            valueName: "file"))
    var functionLogs: FunctionLogs?

    func validate() throws {
        guard function != nil || functionName != nil else {
            throw ValidationError(
                """
                no function specified: use --function .build/lambda/bootstrap to run one locally, or --function-name \
                NAME to invoke one elsewhere
                """
            )
        }
        if let function, !FileManager.default.isExecutableFile(atPath: function) {
            throw ValidationError(
                "\(function) is not an executable: build it first; ./build.sh writes .build/lambda/bootstrap")
        }
        guard (1...900).contains(timeout) else { throw ValidationError("--timeout must be 1 to 900 seconds") }
        guard (128...10240).contains(memorySize) else {
            throw ValidationError("--memory-size must be 128 to 10240 megabytes")
        }
        for variable in variables where !variable.contains("=") {
            throw ValidationError("--env must be name=value; '\(variable)' has no '='")
        }
    }

    /// A way to make the function, once for each that works at the same time, and the log that all of them write.
    /// - Parameter usual: where it goes unless an option says otherwise.
    func factory(logs usual: FunctionLogs) throws -> (log: FunctionLog, make: @Sendable () throws -> any Function) {
        let functionLog = try FunctionLog(functionLogs ?? usual)
        let log: @Sendable (String) -> Void = { functionLog.append($0) }
        guard let function else {
            let (name, endpoint) = (functionName ?? "function", endpointUrl)
            return (
                functionLog,
                { try RemoteFunction(name: name, endpoint: endpoint, environment: Environment(), log: log) }
            )
        }
        var environment = ProcessInfo.processInfo.environment
        for variable in variables {
            let mark = variable.firstIndex(of: "=") ?? variable.endIndex
            environment[String(variable[..<mark])] = String(variable[mark...].dropFirst())
        }
        let settings = FunctionSettings(
            executable: function, name: functionName ?? "function", timeout: timeout, memorySize: memorySize,
            freezes: freeze, environment: environment, log: log)
        return (functionLog, { LocalFunction(settings) })
    }

    var arn: String {
        let region = ProcessInfo.processInfo.environment["AWS_REGION"] ?? "us-east-1"
        return
            "arn:\(Partition(region: region).name):lambda:\(region):123456789012:function:\(functionName ?? "function")"
    }
}
