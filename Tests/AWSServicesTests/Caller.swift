import Bytes
import Environment
import HTTP
import TestParts
import UTC

@testable import AWSServices

/// A client as a test wants it: towards one server, quick to try again, with what it says written down.
final class Caller {
    let client: AWSClient
    let s3: S3
    let glue: Glue
    private(set) var notices: [RetryNotice] = []

    init(
        _ url: String, concurrency: Int = 4, retryPolicy: RetryPolicy = .quick, environment: [String: String] = [:],
        adviser: (any FailureAdviser)? = nil, options: S3Options = S3Options()
    ) throws {
        let base = [
            "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-example",
        ]
        let environment = Environment(base.merging(environment) { $1 })
        client = AWSClient(
            configuration: try AWSConfiguration(environment: environment),
            credentials: CredentialsSource(environment: environment),
            http: HTTPClient(HTTPClient.Configuration(usesProxyEnvironment: false)),
            concurrency: concurrency, retryPolicy: retryPolicy, adviser: adviser)
        s3 = S3(client: client, options: options)
        glue = Glue(client: client)
        client.onRetry = { [unowned self] in notices.append($0) }
    }

    func put(
        _ key: String, _ body: String = "{}\n", bucket: String = "ingestion", metadata: [(String, String)] = []
    ) -> Result<S3.PutOutcome, AWSFailure> {
        finish {
            s3.putObject(
                bucket: bucket, key: key, body: buffer(body), contentType: "application/x-ndjson",
                metadata: metadata, completion: $0)
        }
    }

    func head(_ key: String, bucket: String = "ingestion") -> Result<[(String, String)], AWSFailure> {
        finish { s3.headObject(bucket: bucket, key: key, completion: $0) }
    }

    func get(_ key: String, bucket: String = "ingestion") -> Result<ByteBuffer, AWSFailure> {
        finish { s3.getObject(bucket: bucket, key: key, completion: $0) }
    }

    func list(
        _ prefix: String, startAfter: String? = nil, maxKeys: Int = 1000, bucket: String = "ingestion"
    ) -> Result<[String], AWSFailure> {
        finish { completion in
            s3.listObjects(bucket: bucket, prefix: prefix, startAfter: startAfter, maxKeys: maxKeys) {
                completion($0.map(\.keys))
            }
        }
    }

    func startCrawler(_ name: String) -> Result<Glue.StartCrawlerOutcome, AWSFailure> {
        finish { glue.startCrawler(name: name, completion: $0) }
    }

    private func finish<Value>(
        _ submit: (@escaping (Result<Value, AWSFailure>) -> Void) -> Void
    ) -> Result<Value, AWSFailure> {
        var results: [Result<Value, AWSFailure>] = []
        submit { results.append($0) }
        client.run()
        precondition(results.count == 1, "a completion runs exactly once, not \(results.count) times")
        return results[0]
    }
}

/// Says no more than what it was told.
struct PointingAdviser: FailureAdviser {
    func advice(_ failure: AWSFailure, at place: AWSPlace) -> String? {
        failure.kind == .denied ? "Look at \(place.bucketARN) and \(place.key)" : nil
    }
}

extension RetryPolicy {
    static let quick = RetryPolicy(transientBase: 1, throttledBase: 2, cap: 5)
}

extension Result {
    var value: Success? { try? get() }
    var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

func buffer(_ text: String) -> ByteBuffer {
    let buffer = ByteBuffer()
    buffer.append(text)
    return buffer
}

/// An error as S3 writes it.
func s3Error(_ code: String, _ message: String = "Sorry.") -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code><Message>\(message)</Message>"
        + "<Key>k</Key><RequestId>R</RequestId></Error>"
}

/// A moment as the `Date` header has it.
func httpDate(_ moment: EpochMilliseconds) -> String {
    let time = CalendarTime(moment)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "Mon, \(two(time.day)) \(months[time.month - 1]) \(time.year) "
        + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
}
