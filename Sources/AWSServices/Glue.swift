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
    /// - Parameter milliseconds: how long it may take with all its attempts, within the invocation's time.
    /// https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html
    public func startCrawler(
        name: String, within milliseconds: Int64 = .max,
        completion: @escaping (Result<StartCrawlerOutcome, AWSFailure>) -> Void
    ) {
        let region = client.configuration.region
        let endpoint =
            client.configuration.glueEndpoint
            ?? Endpoint(isSecure: true, host: "glue.\(region).\(Partition(region: region).suffix)")
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
                if response.status == 200 { return .done { completion(.success(.started)) } }
                if ErrorBody(response).code == "CrawlerRunningException" {
                    return .done { completion(.success(.alreadyRunning)) }
                }
                return .refused
            }, fail: { completion(.failure($0)) })
        if milliseconds < .max { call.end = Clock.monotonic() + milliseconds }
        client.submit(call)
    }
}
