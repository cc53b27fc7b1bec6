import AWSSigning
import Bytes
import HTTP

/// The S3 calls that an ingestion needs. Each submits a request; `AWSClient.run` carries it out and calls
/// the completion.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
public struct S3 {
    public enum PutOutcome: Sendable, Equatable {
        case created
        /// An object of that key is there. It may be our own: a request whose answer was lost is made again and
        /// then finds what it wrote. Its metadata tells.
        case alreadyExists
    }

    /// One answer of ListObjectsV2.
    public struct KeyPage: Sendable, Equatable {
        public var keys: [String]
        /// Whether more keys follow behind the last one; S3 may answer with fewer than were asked for.
        public var isTruncated: Bool
    }

    public let client: AWSClient
    /// What the bucket asks of each request.
    public let options: S3Options

    public init(client: AWSClient, options: S3Options = S3Options()) {
        self.client = client
        self.options = options
    }

    /// Creates an object, if there is none under that key (`If-None-Match: *`; needs `s3:PutObject` alone, and
    /// `s3:PutObjectTagging` where `options` have tags).
    /// S3 checks the body against the SHA-256 that is sent with it, and keeps the checksum. A success that is not S3's
    /// own (a proxy's page) is no success: the request is made again.
    /// - Parameters:
    ///   - key: 1–1024 bytes, taken as it is: `..`, `//` and spaces are part of it.
    ///   - body: must not change before the completion.
    ///   - metadata: names in lower case, without `x-amz-meta-`. In values, every byte that is not printable ASCII,
    ///     the space and `%` are sent as `%XX`; `headObject` undoes it.
    public func putObject(
        bucket: String, key: String, body: ByteBuffer, contentType: String, contentEncoding: String? = nil,
        metadata: [(String, String)] = [], completion: @escaping (Result<PutOutcome, AWSFailure>) -> Void
    ) {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(metadata.count + 10)
        headers.append(("if-none-match", "*"))
        headers.append(("content-type", contentType))
        if let contentEncoding { headers.append(("content-encoding", contentEncoding)) }
        headers += options.headersToPut
        for (name, value) in metadata { headers.append((ObjectMetadata.prefix + name, ObjectMetadata.encoded(value))) }
        submit(
            .putObject, bucket, key, "PUT", headers: headers, body: body,
            read: { response in
                switch response.status {
                case 200, 204: S3Answer(response).objectionToPut ?? .done { completion(.success(.created)) }
                case 412: .done { completion(.success(.alreadyExists)) }
                default: .refused
                }
            }, fail: { completion(.failure($0)) })
    }

    /// The metadata of an object; a failure of kind `.notFound` where there is none. Needs `s3:GetObject`, and
    /// `s3:ListBucket` to be told of an absence rather than of a missing permission.
    public func headObject(
        bucket: String, key: String, completion: @escaping (Result<[(String, String)], AWSFailure>) -> Void
    ) {
        submit(
            .headObject, bucket, key, "HEAD",
            read: { response in
                guard response.status == 200 else { return .refused }
                if let objection = S3Answer(response).objectionToObject { return objection }
                let metadata = response.headers.all.compactMap(ObjectMetadata.init).map { ($0.name, $0.value) }
                return .done { completion(.success(metadata)) }
            }, fail: { completion(.failure($0)) })
    }

    /// The object's bytes, as they are stored. Needs `s3:GetObject`.
    public func getObject(
        bucket: String, key: String, completion: @escaping (Result<ByteBuffer, AWSFailure>) -> Void
    ) {
        submit(
            .getObject, bucket, key, "GET",
            read: { response in
                guard response.status == 200 else { return .refused }
                return S3Answer(response).objectionToObject ?? .done { completion(.success(response.body)) }
            }, fail: { completion(.failure($0)) })
    }

    /// Removes an object; that there was none is no failure. Needs `s3:DeleteObject`, which no function should have: the
    /// developer's tool uses it.
    public func deleteObject(bucket: String, key: String, completion: @escaping (Result<Void, AWSFailure>) -> Void) {
        submit(
            .deleteObject, bucket, key, "DELETE",
            read: { $0.status == 204 ? .done { completion(.success(())) } : .refused }, fail: { completion(.failure($0)) })
    }

    /// The first keys under `prefix` in the order of their UTF-8 bytes, one page. Needs `s3:ListBucket`.
    /// An answer that is not such a page is one that cannot be read: it is asked for again, and then a failure.
    /// - Parameters:
    ///   - startAfter: only keys behind this one; it need not exist.
    ///   - maxKeys: 1–1000.
    public func listObjects(
        bucket: String, prefix: String, startAfter: String? = nil, maxKeys: Int = 1000,
        completion: @escaping (Result<KeyPage, AWSFailure>) -> Void
    ) {
        // Without encoding-type, keys with control characters make XML that nobody can read.
        let asked = ListRequest(prefix: prefix, startAfter: startAfter, maxKeys: maxKeys)
        var query = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", "\(maxKeys)"), ("prefix", prefix)]
        if let startAfter { query.append(("start-after", startAfter)) }
        submit(
            .listObjects, bucket, prefix, "GET", onBucket: true, query: query.map { ($0.0, $0.1) },
            read: { response in
                guard response.status == 200 else { return .refused }
                if let objection = S3Answer(response).objectionToList { return objection }
                do throws(UnreadableList) {
                    let page = try ObjectList.page(response.body, asked)
                    return .done { completion(.success(page)) }
                } catch {
                    return .unreadable(error.description)
                }
            }, fail: { completion(.failure($0)) })
    }

    private func submit(
        _ operation: AWSOperation, _ bucket: String, _ key: String, _ method: String, onBucket: Bool = false,
        query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = [],
        body: ByteBuffer? = nil,
        read: @escaping (HTTPResponse) -> Reading, fail: @escaping (AWSFailure) -> Void
    ) {
        let place = S3Address(bucket: bucket, client.configuration)
        let path = place.path + (onBucket ? "" : "/" + key)
        let request = RequestToSign(
            method, host: place.endpoint.host, path: path.isEmpty ? "/" : path, query: query,
            headers: headers + options.headers)
        client.submit(
            Call(
                operation, .s3, bucket: bucket, key: key, endpoint: place.endpoint, request: request, body: body,
                read: read, fail: fail))
    }
}

/// Where a bucket is reached.
struct S3Address {
    let endpoint: Endpoint
    /// What stands before `/KEY`, not encoded.
    let path: String

    /// The bucket becomes part of the host name at AWS, where that is a valid one that `*.s3.REGION…`, the service's
    /// certificate, covers: no dots. Otherwise, and with an endpoint of one's own, it is the path's first part.
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    init(bucket: String, _ configuration: AWSConfiguration) {
        if let custom = configuration.s3Endpoint {
            endpoint = custom
            path = "\(custom.path)/\(bucket)"
            return
        }
        let host = configuration.variant.s3Host(region: configuration.region)
        let fitsHost =
            (3...63).contains(bucket.utf8.count) && !bucket.hasPrefix("-") && !bucket.hasSuffix("-")
            && bucket.utf8.allSatisfy { isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") }
        endpoint = Endpoint(isSecure: true, host: fitsHost ? "\(bucket).\(host)" : host)
        path = fitsHost ? "" : "/\(bucket)"
    }
}
