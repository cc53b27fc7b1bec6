import AWSCore
import HTTP
import XML

/// Whether a response whose status is a success is S3's own. A web page of a proxy or of a hotel's network says 200 as
/// well, and what it swallowed must not count as stored.
struct S3Response {
    private let response: HTTPResponse

    init(_ response: HTTPResponse) { self.response = response }

    /// Returns where the object is stored. S3 gives its ETag and no body, and reports some errors after a 200 that it
    /// has already sent.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_ResponseSyntax
    func checkPut() throws(ResponseError) {
        if isError { throw .refused }
        guard response.body.bytes.allSatisfy({ $0 <= 0x20 }) else {
            throw .unreadable("the response is not from S3: it has a body, and S3's response to a PUT has none")
        }
        try checkTag()
    }

    /// Returns where the response to a GET or HEAD of an object is S3's. An object may itself be an error's document.
    func checkObject() throws(ResponseError) {
        if response.headers["ETag"] == nil, isError { throw .refused }
        try checkTag()
    }

    /// Returns where the response to a LIST is not an error. Whether it is a list, `ObjectList` says.
    func checkList() throws(ResponseError) {
        if isError { throw .refused }
    }

    private func checkTag() throws(ResponseError) {
        guard response.headers["ETag"] != nil else {
            throw .unreadable("the response is not from S3: it has no ETag")
        }
    }

    private var isError: Bool { XMLText.content(ofRoot: "Error", in: response.body.bytes) != nil }
}
