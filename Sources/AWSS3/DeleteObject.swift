import AWSCore
import HTTP

/// Removes an object; that there was none is not a failure. Needs `s3:DeleteObject`, which no function should have: the
/// developer's tool uses it.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
public struct DeleteObject: S3Request {
    public static let operation = AWSOperation.deleteObject
    public static let method = "DELETE"

    public var bucket: S3Bucket
    public var key: String?

    public init(bucket: S3Bucket, key: String) {
        self.bucket = bucket
        self.key = key
    }

    public func read(_ response: HTTPResponse) throws(ResponseError) {
        guard response.status == 204 else { throw .refused }
    }
}

extension AWSOperation {
    public static let deleteObject = AWSOperation(.s3, "DeleteObject", priority: .inspect)
}
