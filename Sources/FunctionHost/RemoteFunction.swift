import AWSServices
import AWSSigning
import Bytes
import Environment
import Foundation
import HTTP
import UTC

/// A function behind Lambda's Invoke: AWS itself, a local AWS, or the Runtime Interface Emulator.
/// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
public final class RemoteFunction: Function {
    private let url: URL
    private let name: String
    private let region: String
    /// Milliseconds: the longest that Lambda lets a function run, and some more for the way.
    private let limit = 16 * 60_000
    private let http: HTTPClient
    private let credentials: CredentialsSource
    private let advice: DeveloperAdvice
    private let log: @Sendable (String) -> Void
    private let signs: Bool

    /// - Parameter endpoint: `nil` is AWS itself in the region of `AWS_REGION`.
    /// - Throws: `SandboxError` where no region is known or the address is none.
    public init(
        name: String, endpoint: String?, environment: Environment, log: @escaping @Sendable (String) -> Void
    ) throws(SandboxError) {
        let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
        guard let region = region ?? (endpoint == nil ? nil : "us-east-1") else {
            throw SandboxError("no region is known for the function \(name): set AWS_REGION, or name an --endpoint-url")
        }
        let address = endpoint ?? "https://lambda.\(region).\(Partition(region: region).suffix)"
        guard let url = URL(string: address), url.host != nil, ["http", "https"].contains(url.scheme) else {
            throw SandboxError("\(address) is no address: write it as http://127.0.0.1:8080")
        }
        let bundle = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
            .first { FileManager.default.isReadableFile(atPath: $0) }
        self.url = url
        self.name = name
        self.region = region
        self.log = log
        signs = endpoint == nil || environment["AWS_ACCESS_KEY_ID"] != nil
        let proxies: ProxySettings
        do {
            proxies = try ProxySettings(environment: environment)
        } catch {
            throw SandboxError("\(error)")
        }
        http = HTTPClient(
            HTTPClient.Configuration(
                certificateBundle: environment["AWS_CA_BUNDLE"] ?? bundle,
                proxyCertificateBundle: environment["PROXY_CA_BUNDLE"], secrets: proxies.secrets))
        advice = DeveloperAdvice(environment)
        credentials = CredentialsSource(environment: environment, certificateBundle: bundle)
    }

    public func invoke(_ event: [UInt8]) -> Invocation {
        let body = ByteBuffer(capacity: event.count)
        event.withUnsafeBytes { body.append($0) }
        do {
            let response = try http.send(try request(body))
            return invocation(response)
        } catch let error as HTTPFailure {
            return unavailable("\(error); is the endpoint up?")
        } catch var failure as AWSFailure {
            failure.advice = advice.advice(failure, nil) ?? failure.advice
            return unavailable("\(failure)")
        } catch {
            return unavailable("\(error)")
        }
    }

    public func shutDown() {}

    private func request(_ body: ByteBuffer) throws -> HTTPRequest {
        var host = url.host ?? ""
        if let port = url.port { host += ":\(port)" }
        let path = "/2015-03-31/functions/\(name)/invocations"
        let extra = [(name: "Content-Type", value: "application/json"), (name: "X-Amz-Log-Type", value: "Tail")]
        var headers = extra
        var target = path
        if signs {
            let request = RequestToSign(
                "POST", host: host, path: path, query: [], headers: extra, payload: SHA256Digest(of: body.bytes))
            var signer = SigV4Signer(
                region: region, service: "lambda", rules: .generic,
                credentials: try credentials.current(Clock.now(), within: 10_000))
            let signed = signer.sign(request, at: Clock.now())
            (headers, target) = (signed.headers, signed.target)
        }
        return HTTPRequest(
            .post, "\(url.scheme ?? "http")://\(host)\(target)", headers: headers, body: body,
            limits: HTTPLimits(connect: 5_000, total: limit))
    }

    private func invocation(_ response: HTTPResponse) -> Invocation {
        let requestID = response.headers["x-amzn-RequestId"] ?? "-"
        let body = [UInt8](response.body.bytes)
        if let tail = response.headers["X-Amz-Log-Result"].flatMap({ Data(base64Encoded: $0) }) {
            for line in String(decoding: tail, as: UTF8.self).split(separator: "\n") { log(String(line)) }
        }
        let report = ErrorReport(body)
        switch response.status {
        case 200 where response.headers["X-Amz-Function-Error"] != nil, 502 where report?.errorType != nil:
            return failed(requestID, report, body)
        // The emulator has no such header: an error is told by its body alone.
        case 200 where report?.errorType != nil && report?.errorMessage != nil:
            return failed(requestID, report, body)
        case 200..<300:
            return Invocation(requestID: requestID, outcome: .success(response: body))
        default:
            return Invocation(requestID: requestID, outcome: .unavailable(
                reason: "\(url.host ?? "") answered \(response.status) to the invocation of \(name): "
                    + String(decoding: body.prefix(300), as: UTF8.self)))
        }
    }

    private func failed(_ requestID: String, _ report: ErrorReport?, _ body: [UInt8]) -> Invocation {
        let type = report?.errorType ?? "Unhandled"
        return Invocation(
            requestID: requestID,
            outcome: .functionError(type: type, message: report?.errorMessage ?? "", response: body))
    }

    private func unavailable(_ reason: String) -> Invocation {
        Invocation(requestID: "-", outcome: .unavailable(reason: reason))
    }
}
