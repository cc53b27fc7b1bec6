import AWSCore
import Bytes
import HTTP

/// Creates an object, if there is none under that key (`If-None-Match: *`; needs `s3:PutObject` alone, and
/// `s3:PutObjectTagging` where the bucket's options have tags).
///
/// S3 checks the body against the SHA-256 that is sent with it, and keeps the checksum. A success that is not S3's own
/// (a proxy's page) is not a success: the request is repeated.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
public struct PutObject: S3Request {
    public enum Outcome: Sendable, Equatable {
        case created
        /// An object of that key is there. It may be our own: a request whose response was lost is repeated and then
        /// finds what it wrote. Its metadata tells.
        case alreadyExists
    }

    public static let operation = AWSOperation.putObject
    public static let method = "PUT"

    public var bucket: S3Bucket
    public var key: String?
    /// Must not change before the completion.
    public var body: ByteBuffer?
    public var contentType: String
    public var contentEncoding: String?
    /// Names in lower case, without `x-amz-meta-`. In values, every byte that is not printable ASCII, the space and `%`
    /// are sent as `%XX`; `HeadObject` undoes it.
    public var metadata: [(String, String)]

    public init(
        bucket: S3Bucket, key: String, body: ByteBuffer, contentType: String, contentEncoding: String? = nil,
        metadata: [(String, String)] = []
    ) {
        self.bucket = bucket
        self.key = key
        self.body = body
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.metadata = metadata
    }

    public var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(metadata.count + 10)
        headers.append(("if-none-match", "*"))
        headers.append(("content-type", contentType))
        if let contentEncoding { headers.append(("content-encoding", contentEncoding)) }
        headers += bucket.options.headersToPut
        for (name, value) in metadata { headers.append((MetadataHeader.prefix + name, MetadataHeader.encoded(value))) }
        return headers
    }

    public func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
        switch response.status {
        case 200, 204:
            try S3Response(response).checkPut()
            return .created
        case 412: return .alreadyExists
        default: throw .refused
        }
    }
}

extension AWSOperation {
    public static let putObject = AWSOperation(
        .s3, "PutObject", permissionNote: ", and check that no bucket policy or permissions boundary denies it",
        counter: .put, priority: .write)
}

extension RequestCounter {
    public static let put = RequestCounter("put", metric: "PutRequests")
}
