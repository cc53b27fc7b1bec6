import AWSCore
import AWSSigning
import Bytes
import HTTP
import JSON

extension AWSService {
    /// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
    package static let lambda = AWSService("lambda", name: "Lambda", endpointVariable: "AWS_ENDPOINT_URL_LAMBDA")
}

/// Invokes a function and waits for its answer; needs `lambda:InvokeFunction` on it.
/// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
package struct InvokeFunction: AWSRequest {
    package struct Outcome {
        /// What the function returned, or its error's document.
        package var payload: ByteBuffer
        /// Whether the function failed.
        package var isError: Bool
        package var requestID: String?
        /// The end of its log, in base64.
        package var logTail: String?
    }

    package static let operation = AWSOperation.invokeFunction

    package var function: String
    /// At most 6 MB.
    package var event: ByteBuffer

    package init(function: String, event: ByteBuffer) {
        self.function = function
        self.event = event
    }

    package func message(to endpoint: ServiceEndpoint) -> AWSMessage {
        let headers = [
            (name: "Content-Type", value: "application/json"), (name: "X-Amz-Log-Type", value: "Tail"),
        ]
        let path = "/2015-03-31/functions/\(function)/invocations"
        return AWSMessage(RequestToSign("POST", to: endpoint, path: path, headers: headers), body: event)
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
        let isError =
            switch response.status {
            case 200 where response.headers["X-Amz-Function-Error"] != nil: true
            // The Runtime Interface Emulator has no such header: only the document shows an error.
            case 200: errorMember("errorType", response) && errorMember("errorMessage", response)
            case 201..<300: false
            case 502 where errorMember("errorType", response): true
            default: throw .refused
            }
        return Outcome(
            payload: response.body, isError: isError, requestID: response.headers["x-amzn-RequestId"],
            logTail: response.headers["X-Amz-Log-Result"])
    }

    private func errorMember(_ name: StaticString, _ response: HTTPResponse) -> Bool {
        JSONObject.string(name, in: response.body.padded) != nil
    }

    package func resource(in region: String) -> AWSResource {
        AWSResource(
            "function \(function)",
            arn: "arn:\(Partition(region: region).name):lambda:\(region):ACCOUNT:function:\(function)")
    }
}

extension AWSOperation {
    /// Not repeated by the client, since the function may have run. It may take 15 minutes, and some more for the way.
    package static let invokeFunction = AWSOperation(
        .lambda, "Invoke", permission: "lambda:InvokeFunction", responseLimit: 64 << 20, responseTime: 16 * 60_000,
        isRetried: false)
}
