import AWSSigning
import Bytes
import HTTP

/// One request to a service, as a value. A type for each operation, in a file of its own: what it sends, what its
/// response means, and what there is to know of the operation. `AWSClient` signs it, sends it and repeats it.
package protocol AWSRequest<Output> {
    associatedtype Output
    static var operation: AWSOperation { get }

    /// What is sent; asked for once, however many attempts it takes.
    func message(to endpoint: ServiceEndpoint) -> AWSMessage

    /// What the response says.
    /// - Throws: `.refused` for an error of the service; `.unreadable` where the status is a success and the rest
    ///   is not what this operation responds with. The latter is tried again.
    func read(_ response: HTTPResponse) throws(ResponseError) -> Output

    /// What it is about. Asked for when something has failed, and only then.
    func resource(in region: String) -> AWSResource
}

/// A request before it is signed.
package struct AWSMessage {
    /// Lacks the body's digest, which the client computes.
    package var request: RequestToSign
    /// Must not change before the completion.
    package var body: ByteBuffer?

    package init(_ request: RequestToSign, body: ByteBuffer? = nil) {
        self.request = request
        self.body = body
    }
}

/// Why a response is not a success.
package enum ResponseError: Error, Equatable {
    /// The service says no; its status, headers and body say why.
    case refused
    /// The status is a success, and the rest does not bear it out; why.
    case unreadable(String)
}

/// What a request is about, as failures and advice name it.
package struct AWSResource: Sendable, Equatable {
    /// `s3://bucket/key`, `crawler NAME`
    package var description: String
    /// As a policy names it, with ACCOUNT where the account's number belongs.
    package var arn: String
    /// An ARN for all of its kind, `arn:aws:s3:::bucket/*` for an object; `arn` where a policy names it alone.
    package var patternARN: String
    /// The bucket's name, with S3.
    package var bucket: String?

    package init(_ description: String, arn: String, patternARN: String? = nil, bucket: String? = nil) {
        self.description = description
        self.arn = arn
        self.patternARN = patternARN ?? arn
        self.bucket = bucket
    }
}
