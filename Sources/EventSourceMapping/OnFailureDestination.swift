import AWSCore
import AWSS3
import Bytes
import Environment
import Foundation
import FunctionHost
import UTC

/// Where discarded batches go.
package enum OnFailureDestination: Sendable, Equatable {
    /// A file that receives one line of JSON for each batch.
    case file(String)
    /// A bucket that receives one object for each batch, named as Lambda names them.
    case s3(bucket: String)

    /// `s3://BUCKET`, `arn:aws:s3:::BUCKET`, or the path of a file. `nil` for what Lambda supports and this does not.
    package init?(_ text: String) {
        for prefix in ["s3://", "arn:aws:s3:::"] where text.hasPrefix(prefix) {
            let bucket = text.dropFirst(prefix.count).prefix { $0 != "/" }
            guard !bucket.isEmpty else { return nil }
            self = .s3(bucket: String(bucket))
            return
        }
        guard !text.isEmpty, !text.hasPrefix("arn:"), !text.hasPrefix("kafka://") else { return nil }
        self = .file(text)
    }

    /// Throws what the file system or S3 said; the batch is then kept.
    func write(_ record: [UInt8], mappingID: String, partition: String, now: EpochMilliseconds) throws {
        switch self {
        case .file(let path): try Self.append(record + [10], to: path)
        case .s3(let bucket):
            let key = Self.key(mappingID: mappingID, partition: partition, now: now)
            let environment = Environment()
            let client = try AWSClient(
                environment: environment, services: [.s3], concurrency: 1, adviser: DeveloperAdvice(environment))
            let body = ByteBuffer(capacity: record.count)
            record.withUnsafeBytes { body.append($0) }
            _ = try client.response(
                to: PutObject(bucket: S3Bucket(bucket), key: key, body: body, contentType: "application/json"))
        }
    }

    /// `aws/lambda/<mapping>/<topic>-<partition>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`
    static func key(mappingID: String, partition: String, now: EpochMilliseconds) -> String {
        let time = ByteBuffer(capacity: 32)
        CalendarTime(now).appendRFC3339(to: time)
        let moment = time.text.prefix(19).replacingOccurrences(of: ":", with: ".")
        let day = moment.prefix(10).replacingOccurrences(of: "-", with: "/")
        return "aws/lambda/\(mappingID)/\(partition)/\(day)/\(moment)-\(UUID().uuidString.lowercased())"
    }

    private static func append(_ line: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: path]) }
        defer { close(descriptor) }
        // One call: lines of several pollers do not mix.
        let count = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == line.count else { throw CocoaError(.fileWriteOutOfSpace, userInfo: [NSFilePathErrorKey: path]) }
    }
}

/// The document that a destination receives, as AWS shows it.
/// https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
struct FailureRecord: Encodable {
    var requestContext: RequestContext
    var responseContext: ResponseContext?
    var version = "1.0"
    var timestamp: String
    var KafkaBatchInfo: BatchInfo
    /// The event as it was sent, as a string.
    var payload: String

    struct RequestContext: Encodable {
        /// Empty where the function was never invoked with these records.
        var requestId: String
        var functionArn: String
        var condition: String
        var approximateInvokeCount: Int
    }

    struct ResponseContext: Encodable {
        var statusCode = 200
        var executedVersion = "$LATEST"
        var functionError = "Unhandled"
    }

    struct BatchInfo: Encodable {
        var batchSize: Int
        var eventSourceArn: String?
        var bootstrapServers: String
        var payloadSize: Int
        var recordsInfo: [String: RecordsInfo]
    }

    struct RecordsInfo: Encodable {
        var firstRecordOffset: String
        var lastRecordOffset: String
        var firstRecordTimestamp: String
        var lastRecordTimestamp: String
    }

    init(
        _ batch: Batch, _ reason: DiscardReason, event: [UInt8], _ configuration: MappingConfiguration,
        now: EpochMilliseconds
    ) {
        requestContext = RequestContext(
            requestId: batch.requestID, functionArn: configuration.functionARN, condition: reason.rawValue,
            approximateInvokeCount: batch.invocations)
        responseContext = reason == .payloadTooLarge || batch.invocations == 0 ? nil : ResponseContext()
        timestamp = Self.text(now)
        var infos: [String: RecordsInfo] = [:]
        for run in batch.runs {
            guard let first = run.records.first, let last = run.records.last else { continue }
            infos[run.partition.description] = RecordsInfo(
                firstRecordOffset: "\(first.offset)", lastRecordOffset: "\(last.offset)",
                firstRecordTimestamp: Self.text(first.timestamp), lastRecordTimestamp: Self.text(last.timestamp))
        }
        var arn: String?
        if case .msk(let found) = configuration.eventSource { arn = found }
        KafkaBatchInfo = BatchInfo(
            batchSize: batch.recordCount, eventSourceArn: arn, bootstrapServers: configuration.bootstrapServers,
            payloadSize: event.count, recordsInfo: infos)
        payload = String(decoding: event, as: UTF8.self)
    }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    private static func text(_ moment: EpochMilliseconds) -> String {
        let buffer = ByteBuffer(capacity: 32)
        CalendarTime(moment).appendRFC3339(to: buffer)
        return buffer.text
    }
}
