import AWSCore
import Bytes
import HTTP
import JSON

/// Starts a crawler. Needs `glue:StartCrawler` on it.
/// https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html
package struct StartCrawler: JSONRequest {
    package enum Outcome: Sendable, Equatable {
        case started
        /// A crawl is under way. It may have passed what was written just now.
        case alreadyRunning
    }

    package static let operation = AWSOperation.startCrawler
    package static let target = "AWSGlue.StartCrawler"

    package var name: String

    package init(name: String) { self.name = name }

    package func appendParameters(to body: ByteBuffer) {
        body.append("{\"Name\":")
        JSONWriter.appendString(name, to: body)
        body.append("}")
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
        if response.isError("CrawlerRunningException") { return .alreadyRunning }
        try check(response)
        return .started
    }

    package func resource(in region: String) -> AWSResource {
        AWSResource(
            "crawler \(name)", arn: "arn:\(Partition(region: region).name):glue:\(region):ACCOUNT:crawler/\(name)")
    }
}

extension AWSOperation {
    package static let startCrawler = AWSOperation(.glue, "StartCrawler", counter: .startCrawler)
}

extension RequestCounter {
    package static let startCrawler = RequestCounter("startCrawler", metric: "StartCrawlerRequests")
}
