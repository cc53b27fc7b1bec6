import AWSCore
import AWSS3
import Bytes
import Environment
import Ingestion
import UTC

/// The objects that the function has put into a bucket, found by their names and read as they are.
package final class StoredObjects {
    package let bucket: String
    package let prefix: String
    private let client: AWSClient
    private var s3Bucket: S3Bucket { S3Bucket(bucket) }

    /// What is under a prefix, by topic-partition.
    package struct Contents {
        package var objects: [TopicPartition: [OffsetCoverage.Object]] = [:]
        /// Keys that are named like an object of records, but whose metadata does not say which it holds.
        package var unreadable: [String] = []
        /// How many keys are named otherwise.
        package var otherCount = 0
    }

    /// Answers that are awaited at a time.
    private static let concurrency = 32

    /// - Parameters:
    ///   - prefix: what the keys begin with.
    ///   - adviser: says what to change where S3 refuses.
    /// - Throws: `ConfigurationError` where the environment does not say how S3 is reached.
    package init(bucket: String, prefix: String, environment: Environment, adviser: any FailureAdviser) throws {
        self.bucket = bucket
        self.prefix = prefix
        client = try AWSClient(
            environment: environment, services: [.s3], concurrency: Self.concurrency, adviser: adviser)
    }

    /// Asks each object for its metadata; no row is read.
    ///
    /// - Parameters:
    ///   - errorsPrefix: what the keys of quarantined records begin with.
    ///   - progress: is called now and then with how many objects have been asked.
    /// - Throws: `AWSFailure`.
    package func contents(errorsPrefix: String, progress: (Int) -> Void = { _ in }) throws -> Contents {
        var contents = Contents()
        var asked = 0
        try client.forEachPage(of: s3Bucket, prefix: prefix) { keys in
            for (key, pairs) in try metadata(of: keys.filter(RecordObjectName.isOne)) {
                guard let object = ObjectMetadata(pairs) else {
                    contents.unreadable.append(key)
                    continue
                }
                contents.objects[object.topicPartition, default: []].append(
                    OffsetCoverage.Object(
                        key: key, firstOffset: object.firstOffset, lastOffset: object.lastOffset,
                        recordCount: object.recordCount, isErrors: key.hasPrefix(errorsPrefix + "/")))
                asked += 1
            }
            contents.otherCount += keys.count { !RecordObjectName.isOne($0) }
            progress(asked)
            return true
        }
        return contents
    }

    /// Calls `body` with each object's key and lines, in the order of the keys, until it says that it has enough.
    /// - Throws: `AWSFailure`, `GzipError`.
    package func forEachLines(_ body: (_ key: String, _ lines: ByteBuffer) throws -> Bool) throws {
        try client.forEachPage(of: s3Bucket, prefix: prefix) { keys in
            for key in keys where RecordObjectName.isOne(key) {
                let object = try client.response(to: GetObject(bucket: s3Bucket, key: key))
                guard try body(key, JSONLines.lines(of: object, key: key)) else { return false }
            }
            return true
        }
    }

    private func metadata(of keys: [String]) throws -> [(key: String, pairs: [(String, String)])] {
        client.beginInvocation(deadline: Clock.now() + 300_000)
        var answers = [Result<[(String, String)], AWSFailure>?](repeating: nil, count: keys.count)
        for (index, key) in keys.enumerated() {
            client.submit(HeadObject(bucket: s3Bucket, key: key)) { answers[index] = $0 }
        }
        client.run()
        return try zip(keys, answers).compactMap { key, answer in try answer.map { (key, try $0.get()) } }
    }
}

/// `…/<topic>+<partition>+<20 digits>….json`, with `.gz` or without.
enum RecordObjectName {
    static func isOne(_ key: String) -> Bool {
        guard JSONLines.suffixes.contains(where: key.hasSuffix) else { return false }
        let parts = key[(key.lastIndex(of: "/").map(key.index(after:)) ?? key.startIndex)...]
            .split(separator: "+", omittingEmptySubsequences: false)
        guard parts.count >= 3, Int32(parts[parts.count - 2]) != nil else { return false }
        let digits = parts[parts.count - 1].prefix { $0 != "." }
        return digits.utf8.count == 20 && Int64(digits) != nil
    }
}
