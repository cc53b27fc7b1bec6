import AWSCore
import AWSSigning
import Bytes
import HTTP

extension AWSService {
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
    package static let s3 = AWSService(
        "s3", name: "S3", endpointVariable: "AWS_ENDPOINT_URL_S3", signing: .s3, dualStackHost: .label,
        checksumHeader: "x-amz-checksum-sha256", hasGatewayEndpoint: true,
        writesXML: true)
}

/// A bucket, and what it asks of each request.
package struct S3Bucket: Sendable, Equatable {
    package var name: String
    package var options: S3Options

    package init(_ name: String, options: S3Options = S3Options()) {
        self.name = name
        self.options = options
    }
}

/// A request about a bucket or one of its objects.
package protocol S3Request: AWSRequest {
    static var method: String { get }
    var bucket: S3Bucket { get }
    /// The object's, 1–1024 bytes, taken as it is: `..`, `//` and spaces are part of it. `nil` asks about the bucket.
    var key: String? { get }
    var query: [(name: String, value: String)] { get }
    /// Besides those that the bucket asks of each request.
    var headers: [(name: String, value: String)] { get }
    var body: ByteBuffer? { get }
}

extension S3Request {
    package var query: [(name: String, value: String)] { [] }
    package var headers: [(name: String, value: String)] { [] }
    package var body: ByteBuffer? { nil }

    package func message(to endpoint: ServiceEndpoint) -> AWSMessage {
        let address = S3Address(bucket: bucket.name, endpoint)
        let path = key.map { "\(address.path)/\($0)" } ?? (address.path.isEmpty ? "/" : address.path)
        return AWSMessage(
            RequestToSign(
                Self.method, host: address.host, path: path, query: query, headers: headers + bucket.options.headers),
            body: body)
    }

    package func resource(in region: String) -> AWSResource {
        let arn = bucketARN(in: region)
        return AWSResource(
            "s3://\(bucket.name)/\(key ?? "")", arn: key.map { "\(arn)/\($0)" } ?? arn,
            patternARN: key == nil ? arn : "\(arn)/*", bucket: bucket.name)
    }

    func bucketARN(in region: String) -> String { "arn:\(Partition(region: region).name):s3:::\(bucket.name)" }
}

/// Where a bucket is reached.
struct S3Address {
    let host: String
    /// What precedes `/KEY`, not encoded.
    let path: String

    /// The bucket becomes part of the host name at AWS, where that is a valid one that `*.s3.REGION…`, the service's
    /// certificate, covers: no dots. Otherwise, and with a custom endpoint, it is the path's first part.
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    init(bucket: String, _ service: ServiceEndpoint) {
        let endpoint = service.endpoint
        if service.setting == nil, Self.fitsHost(bucket) {
            host = "\(bucket).\(endpoint.host)"
            path = ""
        } else {
            host = endpoint.host
            path = "\(endpoint.path)/\(bucket)"
        }
    }

    private static func fitsHost(_ bucket: String) -> Bool {
        (3...63).contains(bucket.utf8.count) && !bucket.hasPrefix("-") && !bucket.hasSuffix("-")
            && bucket.utf8.allSatisfy { $0 &- UInt8(ascii: "a") < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") }
    }
}
