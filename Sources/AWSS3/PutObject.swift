import AWSCore
import Bytes
import HTTP

/// Creates an object, if there is none under that key (`If-None-Match: *`; needs `s3:PutObject` alone, and
/// `s3:PutObjectTagging` where the bucket's options have tags).
///
/// S3 checks the body against the SHA-256 that is sent with it, and keeps the checksum. A success that is not S3's own
/// (a proxy's page) is not a success: the request is repeated.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
package struct PutObject: S3Request {
    package enum Outcome: Sendable, Equatable {
        case created
        /// An object of that key is there. It may be our own: a request whose response was lost is repeated and then
        /// finds what it wrote. Its metadata tells.
        case alreadyExists
    }

    package static let operation = AWSOperation.putObject
    package static let method = "PUT"

    package var bucket: S3Bucket
    package var key: String?
    /// Must not change before the completion.
    package var body: ByteBuffer?
    package var contentType: String
    package var contentEncoding: String?
    /// Names in lower case, without `x-amz-meta-`. In values, every byte that is not printable ASCII, the space and `%`
    /// are sent as `%XX`; `HeadObject` undoes it.
    package var metadata: [(String, String)]

    package init(
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

    package var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(metadata.count + 10)
        headers.append(("if-none-match", "*"))
        headers.append(("content-type", contentType))
        if let contentEncoding { headers.append(("content-encoding", contentEncoding)) }
        headers += bucket.options.headersToPut
        for (name, value) in metadata { headers.append((MetadataHeader.prefix + name, MetadataHeader.encoded(value))) }
        return headers
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Outcome {
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
    package static let putObject = AWSOperation(
        .s3, "PutObject", permissionNote: ", and check that no bucket policy or permissions boundary denies it",
        counter: .put, priority: .write)
}

extension RequestCounter {
    package static let put = RequestCounter("put", metric: "PutRequests")
}
