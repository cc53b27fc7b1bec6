import AWSSigning
import Bytes
import HTTP
import JSON
import UTC

/// AWS Glue, as far as an ingestion needs it.
public struct Glue {
    public enum StartCrawlerOutcome: Sendable, Equatable {
        case started
        /// A crawl is under way. It may have passed what was written just now.
        case alreadyRunning
    }

    public let client: AWSClient

    public init(client: AWSClient) { self.client = client }

    /// Starts a crawler. Needs `glue:StartCrawler` on it.
    /// - Parameter milliseconds: how long it may take with all its attempts, within the invocation's time; looking
    ///   its name up is not counted.
    /// https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html
    public func startCrawler(
        name: String, within milliseconds: Int64 = .max,
        completion: @escaping (Result<StartCrawlerOutcome, AWSFailure>) -> Void
    ) {
        let endpoint = client.configuration.glue
        let body = ByteBuffer(capacity: 300)
        body.append("{\"Name\":")
        JSONWriter.appendString(name, to: body)
        body.append("}")
        let request = RequestToSign(
            "POST", host: endpoint.host, path: "\(endpoint.path)/",
            headers: [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AWSGlue.StartCrawler")])
        let call = Call(
            .startCrawler, .glue, key: name, endpoint: endpoint, request: request, body: body,
            read: { response in
                if response.status == 200 {
                    return isGlues(response.body)
                        ? .done { completion(.success(.started)) }
                        : .unreadable("the answer is not Glue's: its body is not a JSON object")
                }
                if ErrorBody(response).code == "CrawlerRunningException" {
                    return .done { completion(.success(.alreadyRunning)) }
                }
                return .refused
            }, fail: { completion(.failure($0)) })
        if milliseconds < .max { call.end = Clock.monotonic() + milliseconds }
        client.submit(call)
    }
}

/// Whether the body of a success is Glue's: nothing, as is documented, or `{}`, as is sent. A proxy's page is neither.
private func isGlues(_ body: ByteBuffer) -> Bool {
    if body.bytes.allSatisfy({ $0 <= 0x20 }) { return true }
    if case .object = JSONCheck.check(body.bytes) { return true }
    return false
}
