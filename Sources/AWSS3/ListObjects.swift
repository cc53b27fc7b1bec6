import AWSCore
import HTTP

/// The first keys under `prefix` in the order of their UTF-8 bytes, one page. Needs `s3:ListBucket`.
/// A response that is not such a page cannot be read: it is asked for again, and then a failure.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
package struct ListObjects: S3Request {
    package struct Page: Sendable, Equatable {
        package var keys: [String]
        /// Whether more keys follow after the last one; S3 may respond with fewer than were asked for.
        package var isTruncated: Bool

        package init(keys: [String], isTruncated: Bool) {
            self.keys = keys
            self.isTruncated = isTruncated
        }
    }

    package static let operation = AWSOperation.listObjects
    package static let method = "GET"

    package var bucket: S3Bucket
    package var key: String? { nil }
    package var prefix: String
    /// Only keys after this one; it need not exist.
    package var startAfter: String?
    /// 1–1000.
    package var maxKeys: Int

    package init(bucket: S3Bucket, prefix: String, startAfter: String? = nil, maxKeys: Int = 1000) {
        self.bucket = bucket
        self.prefix = prefix
        self.startAfter = startAfter
        self.maxKeys = maxKeys
    }

    package var query: [(name: String, value: String)] {
        // Without encoding-type, keys with control characters make XML that cannot be parsed.
        var query: [(name: String, value: String)] = [
            ("list-type", "2"), ("encoding-type", "url"), ("max-keys", "\(maxKeys)"), ("prefix", prefix),
        ]
        if let startAfter { query.append(("start-after", startAfter)) }
        return query
    }

    package func read(_ response: HTTPResponse) throws(ResponseError) -> Page {
        guard response.status == 200 else { throw .refused }
        try S3Response(response).checkList()
        do throws(UnreadableList) {
            return try ObjectList.page(response.body, self)
        } catch {
            throw .unreadable(error.description)
        }
    }

    package func resource(in region: String) -> AWSResource {
        AWSResource("s3://\(bucket.name)/\(prefix)", arn: bucketARN(in: region), bucket: bucket.name)
    }
}

extension AWSOperation {
    /// A response may be 1,000 keys of 1,024 bytes, each of them as %XX, with all that S3 says of each.
    package static let listObjects = AWSOperation(
        .s3, "ListObjectsV2", permission: "s3:ListBucket", permissionNote: " for this prefix", counter: .list,
        responseLimit: 8 << 20)
}

extension RequestCounter {
    package static let list = RequestCounter("list", metric: "ListRequests")
}

extension AWSClient {
    /// Calls `body` with the keys under `prefix`, a page at a time, in the order of their bytes, until it returns
    /// false. For callers with nothing else to do meanwhile.
    ///
    /// - Throws: `AWSFailure`, and what `body` throws.
    package func forEachPage(of bucket: S3Bucket, prefix: String, _ body: ([String]) throws -> Bool) throws {
        var last: String?
        while true {
            let page = try response(to: ListObjects(bucket: bucket, prefix: prefix, startAfter: last))
            guard try body(page.keys), page.isTruncated, let next = page.keys.last else { return }
            last = next
        }
    }
}
