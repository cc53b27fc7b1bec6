import AWSServices
import Bytes

/// The ingestion bucket as an `ObjectStore`.
final class S3ObjectStore: ObjectStore {
    private let s3: S3
    private let bucket: String

    init(_ client: AWSClient, bucket: String, _ options: S3Options) {
        s3 = S3(client: client, options: options)
        self.bucket = bucket
    }

    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void
    ) {
        s3.putObject(
            bucket: bucket, key: key, body: body, contentType: contentType, metadata: metadata.pairs
        ) { result in
            completion(result.map { $0 == .created ? .created : .alreadyExists }.mapError(StoreFailure.init))
        }
    }

    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void) {
        s3.putObject(bucket: bucket, key: key, body: ByteBuffer(), contentType: "application/octet-stream") { result in
            completion(result.map { $0 == .created ? .created : .alreadyExists }.mapError(StoreFailure.init))
        }
    }

    func metadata(of key: String, completion: @escaping (Result<StoredMetadata, StoreFailure>) -> Void) {
        s3.headObject(bucket: bucket, key: key) { result in
            switch result {
            case .success(let pairs): completion(.success(ObjectMetadata(pairs).map { .known($0) } ?? .unreadable))
            case .failure(let failure) where failure.kind == .notFound && failure.code != "NoSuchBucket":
                completion(.success(.absent))
            case .failure(let failure): completion(.failure(StoreFailure(failure)))
            }
        }
    }

    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void) {
        s3.getObject(bucket: bucket, key: key) { completion($0.mapError(StoreFailure.init)) }
    }

    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void
    ) {
        s3.listObjects(bucket: bucket, prefix: prefix, startAfter: start, maxKeys: limit) { result in
            completion(
                result.map { KeyPage(keys: $0.keys, isTruncated: $0.isTruncated) }.mapError(StoreFailure.init))
        }
    }

    func whileWaiting(_ work: @escaping () -> Void) { s3.client.whileWaiting(work) }

    func run() { s3.client.run() }
}

/// Glue as a `CrawlerStarter`.
final class GlueCrawlerStarter: CrawlerStarter {
    private let glue: Glue

    /// The records are stored by now: a silent Glue may not use up the time, in milliseconds, that is paid for.
    private static let patience: Int64 = 5_000

    init(_ client: AWSClient) { glue = Glue(client: client) }

    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure> {
        var answer: Result<CrawlerAnswer, StoreFailure> = .failure(StoreFailure(description: "Glue gave no answer"))
        glue.startCrawler(name: crawler, within: Self.patience) { result in
            answer = result.map { $0 == .started ? .started : .alreadyRunning }.mapError(StoreFailure.init)
        }
        glue.client.run()
        return answer
    }
}

extension StoreFailure {
    init(_ failure: AWSFailure) {
        self.init(description: failure.description, cause: "\(failure.operation.rawValue) \(failure.code)")
    }
}
