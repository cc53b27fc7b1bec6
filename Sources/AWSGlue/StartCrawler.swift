import AWSCore
import Bytes
import HTTP
import JSON

/// Starts a crawler. Needs `glue:StartCrawler` on it.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html
public struct StartCrawler: JSONRequest {
    public enum Outcome: Sendable, Equatable {
        case started
        /// A crawl is under way. It may have passed what was written just now.
        case alreadyRunning
    }

    public static let operation = AWSOperation.startCrawler
    public static let target = "AWSGlue.StartCrawler"

    public var name: String

    public init(name: String) { self.name = name }

    public func appendParameters(to body: ByteBuffer) {
        body.append("{\"Name\":")
        JSONWriter.appendString(name, to: body)
        body.append("}")
    }

    public func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
        if response.status != 200, response.errorCode == "CrawlerRunningException" { return .alreadyRunning }
        try check(response)
        return .started
    }

    public func resource(in region: String) -> AWSResource {
        AWSResource(
            "crawler \(name)", arn: "arn:\(Partition(region: region).name):glue:\(region):ACCOUNT:crawler/\(name)")
    }
}

extension AWSOperation {
    public static let startCrawler = AWSOperation(.glue, "StartCrawler", counter: .startCrawler)
}

extension RequestCounter {
    public static let startCrawler = RequestCounter("startCrawler", metric: "StartCrawlerRequests")
}
