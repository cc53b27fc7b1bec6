import Foundation

/// AWS's Runtime Interface Emulator with one function behind it. Invoke one event at a time: it takes no more.
package final class Emulator: Sendable {
    /// The emulator's process; the function's lines are among its output.
    package let process: LocalProcess
    private let port: Int

    /// Serves `executable`, which it starts at the first invocation, with these variables and Lambda's own.
    package init(_ executable: String, _ variables: [String: String] = [:], timeoutSeconds: Int = 30) throws {
        port = try TestParts.freePort()
        let runtimePort = try TestParts.freePort()
        let environment = [
            "PATH": "/usr/bin:/bin", "AWS_LAMBDA_FUNCTION_NAME": "test_function",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "\(timeoutSeconds)", "AWS_LAMBDA_LOG_FORMAT": "JSON",
        ]
        process = try LocalProcess(
            try TestParts.emulator(),
            [
                "--runtime-interface-emulator-address", "127.0.0.1:\(port)",
                "--runtime-api-address", "127.0.0.1:\(runtimePort)", executable,
            ], environment: environment.merging(variables) { $1 })
        try awaitListening()
    }

    package func invoke(_ event: some Sequence<UInt8>) throws -> HTTPAnswer {
        try TestParts.post(port: port, "/2015-03-31/functions/function/invocations", body: event)
    }

    package func invoke(_ event: String) throws -> HTTPAnswer { try invoke(event.utf8) }

    /// The emulator prints nothing when it is ready, so its port is asked until it answers.
    private func awaitListening() throws {
        let end = Date(timeIntervalSinceNow: 20)
        while Date() < end, process.isRunning {
            if let connection = try? Socket.connected(port: port) {
                close(connection)
                return
            }
            usleep(20_000)
        }
        throw WaitedInVain(description: "the emulator did not listen: \(process.output(.error))")
    }
}
