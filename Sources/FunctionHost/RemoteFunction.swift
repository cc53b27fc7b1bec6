import AWSCore
import AWSLambda
import Bytes
import Environment
import Foundation

/// A function behind Lambda's Invoke: AWS itself, a local AWS, or the Runtime Interface Emulator.
/// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
package final class RemoteFunction: Function {
    private let name: String
    private let client: AWSClient
    private let log: @Sendable (String) -> Void

    /// Milliseconds: the longest that Lambda lets a function run, and some more for the way.
    private static let limit: Int64 = 16 * 60_000

    /// - Parameter endpoint: `nil` is what the environment names, or else AWS itself in the region of `AWS_REGION`.
    /// - Throws: `SandboxError` where no region is known or the endpoint is not a URL, and for what is wrong in the
    ///   environment.
    package init(
        name: String, endpoint: String?, environment: Environment, log: @escaping @Sendable (String) -> Void
    ) throws(SandboxError) {
        self.name = name
        self.log = log
        // An endpoint of one's own is in no region; a signature needs one all the same.
        let environment = Environment(lookUp: {
            environment[$0] ?? ($0 == "AWS_DEFAULT_REGION" && endpoint != nil ? "us-east-1" : nil)
        })
        let configuration: AWSConfiguration
        do throws(ConfigurationError) {
            configuration = try Self.configuration(endpoint, environment)
        } catch {
            throw SandboxError("\(error)")
        }
        // The emulator does not require a signature, and its user may not have credentials.
        client = AWSClient(
            configuration, environment: environment,
            isSigned: endpoint == nil || environment["AWS_ACCESS_KEY_ID"] != nil, concurrency: 1,
            adviser: DeveloperAdvice(environment))
    }

    private static func configuration(
        _ endpoint: String?, _ environment: Environment
    ) throws(ConfigurationError) -> AWSConfiguration {
        var configuration = try AWSConfiguration(environment: environment, services: [.lambda])
        guard let endpoint else { return configuration }
        guard let url = Endpoint(endpoint) else {
            throw ConfigurationError("--endpoint-url", "is not a valid URL; expected http(s)://host[:port]")
        }
        configuration.setEndpoint(url, of: .lambda, setting: "--endpoint-url")
        return configuration
    }

    package func invoke(_ event: [UInt8]) -> Invocation {
        let body = ByteBuffer(capacity: event.count)
        event.withUnsafeBytes { body.append($0) }
        do {
            return invocation(
                try client.response(to: InvokeFunction(function: name, event: body), within: Self.limit))
        } catch {
            return Invocation(requestID: "-", outcome: .unavailable(reason: "\(error)"))
        }
    }

    package func shutDown() {}

    private func invocation(_ outcome: InvokeFunction.Outcome) -> Invocation {
        if let tail = outcome.logTail.flatMap({ Data(base64Encoded: $0) }) {
            for line in String(decoding: tail, as: UTF8.self).split(separator: "\n") { log(String(line)) }
        }
        let requestID = outcome.requestID ?? "-"
        let payload = [UInt8](outcome.payload.bytes)
        guard outcome.isError else { return Invocation(requestID: requestID, outcome: .success(response: payload)) }
        let report = ErrorReport(payload)
        return Invocation(
            requestID: requestID,
            outcome: .functionError(
                type: report?.errorType ?? "Unhandled", message: report?.errorMessage ?? "", response: payload))
    }
}
