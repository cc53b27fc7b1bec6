import ArgumentParser
import Foundation
import FunctionHost

struct Invoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Invokes a function with one or more events, in one sandbox.",
        discussion: """
            The function's log and its REPORT lines go to standard error, its responses to standard output. The exit \
            code is 1 if an invocation failed. No emulator is needed: the function runs under this tool's own Runtime \
            API, and reads its configuration from the environment, for example INGESTION_BUCKET and AWS_ENDPOINT_URL.

              ./build.sh local invoke events/msk.json --function .build/lambda/bootstrap
            """)

    @Argument(help: ArgumentHelp("Files that contain one event each; '-' is standard input.", valueName: "event.json"))
    var events: [String]

    @OptionGroup var function: FunctionOptions

    @Option(name: [.customLong("repeat")], help: "How many times to invoke the function with all of the events.")
    var times = 1

    func run() throws {
        _ = Interruption()
        let function = try function.factory(logs: .standardError).make()
        defer { function.shutDown() }
        var failed = false
        for _ in 0..<max(1, times) {
            for path in events {
                let event = try InputFile.contents(of: path, expected: "an event, for example events/msk.json")
                let invocation = function.invoke(Array(event))
                switch invocation.outcome {
                case .success(let response): answer(String(decoding: response, as: UTF8.self))
                case .functionError(_, _, let response):
                    answer(String(decoding: response, as: UTF8.self))
                    Terminal.shared.print("\(path): the function failed")
                    failed = true
                case .unavailable(let reason):
                    Terminal.shared.print("\(path): \(reason)")
                    failed = true
                }
            }
        }
        if failed { throw ExitCode(1) }
    }
}
