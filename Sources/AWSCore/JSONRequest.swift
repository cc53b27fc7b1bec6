import AWSSigning
import Bytes
import HTTP
import JSON

/// A request in AWS's JSON protocol 1.1, which Glue and Secrets Manager speak: a POST with a JSON object each way.
/// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
package protocol JSONRequest: AWSRequest {
    /// `AWSGlue.StartCrawler`
    static var target: String { get }
    /// Appends the JSON object with the operation's parameters.
    func appendParameters(to body: ByteBuffer)
}

extension JSONRequest {
    package func message(to endpoint: ServiceEndpoint) -> AWSMessage {
        let body = ByteBuffer(capacity: 300)
        appendParameters(to: body)
        let headers = [
            (name: "content-type", value: "application/x-amz-json-1.1"), (name: "x-amz-target", value: Self.target),
        ]
        return AWSMessage(RequestToSign("POST", to: endpoint, path: "/", headers: headers), body: body)
    }

    /// Throws unless the response is the service's success: nothing, as is documented for operations without a result,
    /// or a JSON object. A proxy's page is neither.
    package func check(_ response: HTTPResponse) throws(ResponseError) {
        guard response.status == 200 else { throw .refused }
        if response.body.bytes.allSatisfy({ $0 <= 0x20 }) { return }
        if case .object = JSONCheck.check(response.body.padded) { return }
        throw .unreadable("the response is not from \(Self.operation.service.name): its body is not a JSON object")
    }
}

extension HTTPResponse {
    /// The error's code: "AccessDenied", "CrawlerRunningException"; `nil` where the response names none.
    package var errorCode: String? { ErrorBody(self).code }

    /// Whether it is an error with one of these codes, which the operation takes for an ordinary answer.
    package func isError(_ codes: String...) -> Bool {
        guard status != 200, let errorCode else { return false }
        return codes.contains(errorCode)
    }
}

extension RequestToSign {
    /// To a service's own host, below the endpoint's path.
    /// - Parameter path: begins with `/`; not encoded.
    package init(
        _ method: String, to endpoint: ServiceEndpoint, path: String, headers: [(name: String, value: String)] = []
    ) {
        self.init(method, host: endpoint.endpoint.host, path: endpoint.endpoint.path + path, headers: headers)
    }
}
