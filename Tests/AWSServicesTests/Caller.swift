import AWSGlue
import Bytes
import Environment
import HTTP
import TestParts
import UTC

@testable import AWSCore
@testable import AWSS3

/// A client as a test wants it: towards one server, quick to try again, with what it says written down.
final class Caller {
    let client: AWSClient
    private let options: S3Options
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
            configuration: try AWSConfiguration(environment: environment, services: [.s3, .glue]),
            credentials: CredentialsSource(environment: environment),
            http: HTTPClient(HTTPClient.Configuration(usesProxyEnvironment: false)),
            concurrency: concurrency, retryPolicy: retryPolicy, adviser: adviser)
        self.options = options
        client.onRetry = { [unowned self] in notices.append($0) }
    }

    func put(
        _ key: String, _ body: String = "{}\n", bucket: String = "ingestion", metadata: [(String, String)] = []
    ) -> Result<PutObject.Outcome, AWSFailure> {
        result(
            PutObject(
                bucket: S3Bucket(bucket, options: options), key: key, body: buffer(body),
                contentType: "application/x-ndjson", metadata: metadata))
    }

    func head(_ key: String) -> Result<[(String, String)], AWSFailure> {
        result(HeadObject(bucket: S3Bucket("ingestion", options: options), key: key))
    }

    func get(_ key: String) -> Result<ByteBuffer, AWSFailure> {
        result(GetObject(bucket: S3Bucket("ingestion", options: options), key: key))
    }

    func list(
        _ prefix: String, startAfter: String? = nil, maxKeys: Int = 1000, bucket: String = "ingestion"
    ) -> Result<[String], AWSFailure> {
        let bucket = S3Bucket(bucket, options: options)
        return result(ListObjects(bucket: bucket, prefix: prefix, startAfter: startAfter, maxKeys: maxKeys)).map(\.keys)
    }

    func startCrawler(_ name: String) -> Result<StartCrawler.Outcome, AWSFailure> { result(StartCrawler(name: name)) }

    func result<Request: AWSRequest>(_ request: Request) -> Result<Request.Output, AWSFailure> {
        var results: [Result<Request.Output, AWSFailure>] = []
        client.submit(request) { results.append($0) }
        client.run()
        precondition(results.count == 1, "a completion runs exactly once, not \(results.count) times")
        return results[0]
    }
}

extension PutObject {
    /// A small text, to a bucket that asks for nothing.
    static func small(_ key: String, _ text: String = "x") -> PutObject {
        PutObject(bucket: "b", key: key, body: buffer(text), contentType: "text/plain")
    }
}

extension S3Bucket: ExpressibleByStringLiteral {
    public init(stringLiteral name: String) { self.init(name) }
}

/// Says no more than what it was told.
struct PointingAdviser: FailureAdviser {
    func advice(_ failure: AWSFailure, at place: AWSPlace) -> String? {
        failure.kind == .denied ? "Look at \(place.resource.arn)" : nil
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
