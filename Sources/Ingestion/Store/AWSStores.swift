import AWSCore
import AWSGlue
import AWSS3
import Bytes

/// The ingestion bucket as an `ObjectStore`.
final class S3ObjectStore: ObjectStore {
    private let client: AWSClient
    private let bucket: S3Bucket

    init(_ client: AWSClient, _ bucket: S3Bucket) {
        self.client = client
        self.bucket = bucket
    }

    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        put(key, body, contentType, metadata.pairs, completion)
    }

    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void) {
        put(key, ByteBuffer(), "application/octet-stream", [], completion)
    }

    private func put(
        _ key: String, _ body: ByteBuffer, _ contentType: String, _ metadata: [(String, String)],
        _ completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        let request = PutObject(bucket: bucket, key: key, body: body, contentType: contentType, metadata: metadata)
        client.submit(request) { result in
            completion(result.map { $0 == .created ? .created : .alreadyExists }.mapError(StoreFailure.init))
        }
    }

    func metadata(of key: String, completion: @escaping (Result<StoredMetadata, StoreFailure>) -> Void) {
        client.submit(HeadObject(bucket: bucket, key: key)) { result in
            switch result {
            case .success(let pairs): completion(.success(ObjectMetadata(pairs).map { .known($0) } ?? .unreadable))
            case .failure(let failure) where failure.kind == .notFound && failure.code != "NoSuchBucket":
                completion(.success(.absent))
            case .failure(let failure): completion(.failure(StoreFailure(failure)))
            }
        }
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        client.submit(GetObject(bucket: bucket, key: key)) { completion($0.mapError(StoreFailure.init)) }
    }

    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void
    ) {
        let request = ListObjects(bucket: bucket, prefix: prefix, startAfter: start, maxKeys: limit)
        client.submit(request) { completion($0.mapError(StoreFailure.init)) }
    }

    func whileWaiting(_ work: @escaping () -> Void) { client.whileWaiting(work) }

    func run() { client.run() }
}

/// Glue as a `CrawlerStarter`.
final class GlueCrawlerStarter: CrawlerStarter {
    private let client: AWSClient

    /// The records are stored by now: a silent Glue may not use up the time, in milliseconds, that is paid for.
    private static let patience: Int64 = 5_000

    init(_ client: AWSClient) { self.client = client }

    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> {
        var answer: Result<CrawlerAnswer, StoreFailure> = .failure(StoreFailure(description: "Glue did not respond"))
        client.submit(StartCrawler(name: crawler), within: Self.patience) { result in
            answer = result.map { $0 == .started ? .started : .alreadyRunning }.mapError(StoreFailure.init)
        }
        client.run()
        return answer
    }
}

extension StoreFailure {
    init(_ failure: AWSFailure) {
        self.init(description: failure.description, cause: "\(failure.operation) \(failure.code)")
    }
}

extension IngestionConfiguration {
    var s3Bucket: S3Bucket { S3Bucket(bucket, options: options) }
}
