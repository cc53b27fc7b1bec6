import HTTP

/// Whether an answer whose status says yes is S3's own. A web page of a proxy or of a hotel's network says 200 as well,
/// and what it swallowed must not count as stored.
struct S3Answer {
    private let response: HTTPResponse

    init(_ response: HTTPResponse) { self.response = response }

    /// `nil` where the object is stored. S3 gives its ETag and no body, and reports some errors behind a 200 that it
    /// has already sent.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_ResponseSyntax
    var objectionToPut: Reading? {
        if isError { return .refused }
        guard response.body.bytes.allSatisfy({ $0 <= 0x20 }) else {
            return .unreadable("the answer is not S3's: it has a body, which S3's answer to a PUT has not")
        }
        return objectionWithoutTag
    }

    /// `nil` where the answer to a GET or HEAD of an object is S3's. An object may itself be an error's document.
    var objectionToObject: Reading? {
        response.headers["ETag"] == nil && isError ? .refused : objectionWithoutTag
    }

    /// `nil` where the answer to a LIST is no error. Whether it is a list, `ObjectList` says.
    var objectionToList: Reading? { isError ? .refused : nil }

    private var objectionWithoutTag: Reading? {
        response.headers["ETag"] == nil ? .unreadable("the answer is not S3's: it has no ETag") : nil
    }

    private var isError: Bool { XMLText.content(ofRoot: "Error", in: response.body.bytes) != nil }
}
