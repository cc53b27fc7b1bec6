import AWSCore
import HTTP

/// Removes an object; that there was none is not a failure. Needs `s3:DeleteObject`, which no function should have: the
/// developer's tool uses it.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
package struct DeleteObject: S3Request {
    package static let operation = AWSOperation.deleteObject
    package static let method = "DELETE"

    package var bucket: S3Bucket
    package var key: String?

    package init(bucket: S3Bucket, key: String) {
        self.bucket = bucket
        self.key = key
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) {
        guard response.status == 204 else { throw .refused }
    }
}

extension AWSOperation {
    package static let deleteObject = AWSOperation(.s3, "DeleteObject", priority: .inspect)
}
