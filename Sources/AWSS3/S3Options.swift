import AWSSigning
import Bytes

/// What a bucket of one's own may ask of every request: how objects are encrypted, whose it must be, and the like.
///
/// The values are sent as they are; whoever sets them validates them.
package struct S3Options: Sendable, Equatable {
    package enum Encryption: String, Sendable, CaseIterable {
        case s3 = "AES256"
        case kms = "aws:kms"
        /// Twice, with two keys of the one key.
        case kmsTwice = "aws:kms:dsse"
    }

    /// The classes in which an object can be read at any time: this project's objects are read by queries, and by the
    /// function itself where a batch comes again.
    package enum StorageClass: String, Sendable, CaseIterable {
        case standard = "STANDARD"
        case intelligentTiering = "INTELLIGENT_TIERING"
        case standardIA = "STANDARD_IA"
        case oneZoneIA = "ONEZONE_IA"
        case glacierIR = "GLACIER_IR"
        case reducedRedundancy = "REDUCED_REDUNDANCY"
    }

    /// `nil` leaves it to the bucket.
    package var encryption: Encryption?
    /// A key's id, ARN or alias; `nil` is the account's own for S3, or the bucket's.
    package var kmsKeyID: String?
    /// Whether one data key serves many objects; `nil` leaves it to the bucket.
    package var usesBucketKey: Bool?
    /// The account that the bucket must belong to, 12 digits.
    package var expectedBucketOwner: String?
    /// `nil` is `STANDARD`.
    package var storageClass: StorageClass?
    /// Names and values, at most 10.
    package var tags: [Tag]

    package struct Tag: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        encryption: Encryption? = nil, kmsKeyID: String? = nil, usesBucketKey: Bool? = nil,
        expectedBucketOwner: String? = nil, storageClass: StorageClass? = nil, tags: [Tag] = []
    ) {
        self.encryption = encryption
        self.kmsKeyID = kmsKeyID
        self.usesBucketKey = usesBucketKey
        self.expectedBucketOwner = expectedBucketOwner
        self.storageClass = storageClass
        self.tags = tags
    }

    /// For every request: S3 rejects another account's bucket of that name, whatever its policy allows.
    var headers: [(name: String, value: String)] {
        expectedBucketOwner.map { [("x-amz-expected-bucket-owner", $0)] } ?? []
    }

    /// Additional ones for requests that write an object.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_RequestSyntax
    var headersToPut: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let encryption { headers.append(("x-amz-server-side-encryption", encryption.rawValue)) }
        if let kmsKeyID { headers.append(("x-amz-server-side-encryption-aws-kms-key-id", kmsKeyID)) }
        if let usesBucketKey { headers.append(("x-amz-server-side-encryption-bucket-key-enabled", "\(usesBucketKey)")) }
        if let storageClass { headers.append(("x-amz-storage-class", storageClass.rawValue)) }
        if !tags.isEmpty { headers.append(("x-amz-tagging", Self.query(tags))) }
        return headers
    }

    private static func query(_ tags: [Tag]) -> String {
        let text = ByteBuffer(capacity: 256)
        for (index, tag) in tags.enumerated() {
            if index > 0 { text.append("&") }
            PercentEncoding.append(tag.name, to: text)
            text.append("=")
            PercentEncoding.append(tag.value, to: text)
        }
        return text.text
    }
}
