import AWSCore
import HTTP

/// The metadata of an object; a failure of kind `.notFound` where there is none. Needs `s3:GetObject`, and
/// `s3:ListBucket` to distinguish a missing object from a missing permission.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
package struct HeadObject: S3Request {
    package static let operation = AWSOperation.headObject
    package static let method = "HEAD"

    package var bucket: S3Bucket
    package var key: String?

    package init(bucket: S3Bucket, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Names as `PutObject` has them, and values.
    package func read(_ response: HTTPResponse) throws(ResponseError) -> [(String, String)] {
        guard response.status == 200 else { throw .refused }
        try S3Response(response).checkObject()
        return response.headers.all.compactMap(MetadataHeader.init).map { ($0.name, $0.value) }
    }
}

extension AWSOperation {
    package static let headObject = AWSOperation(
        .s3, "HeadObject", permission: "s3:GetObject", permissionNote: getObject.permissionNote, counter: .head,
        priority: .inspect)
}

extension RequestCounter {
    package static let head = RequestCounter("head", metric: "HeadRequests")
}
