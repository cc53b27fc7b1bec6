import AWSCore
import Bytes
import HTTP

/// An object's bytes, as they are stored. Needs `s3:GetObject`.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
package struct GetObject: S3Request {
    package static let operation = AWSOperation.getObject
    package static let method = "GET"

    package var bucket: S3Bucket
    package var key: String?

    package init(bucket: S3Bucket, key: String) {
        self.bucket = bucket
        self.key = key
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> ByteBuffer {
        guard response.status == 200 else { throw .refused }
        try S3Response(response).checkObject()
        return response.body
    }
}

extension AWSOperation {
    /// An object holds what one batch brings, 6 MB, and may be stored without being packed.
    package static let getObject = AWSOperation(
        .s3, "GetObject",
        permissionNote: ", and s3:ListBucket on its bucket, without which S3 answers 403 for a missing object",
        counter: .get, priority: .read, responseLimit: 64 << 20)
}

extension RequestCounter {
    package static let get = RequestCounter("get", metric: "GetRequests")
}
