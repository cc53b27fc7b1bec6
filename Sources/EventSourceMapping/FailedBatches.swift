import AWSCore
import AWSS3
import Bytes
import Environment
import FunctionHost
import KafkaEvent

/// The batches that an on-failure destination in S3 keeps.
package final class FailedBatches {
    /// Beneath this Lambda, and `OnFailureDestination`, write their records.
    package static let prefix = "aws/lambda/"
    /// Beneath this lie those that were replayed, under their old keys.
    package static let replayedPrefix = "replayed/"

    /// One of them that is not to be replayed as it is; says why.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    private let bucket: S3Bucket
    private let prefix: String
    private let client: AWSClient

    /// - Parameter place: without a prefix, all of the bucket's.
    /// - Throws: `ConfigurationError` where the environment does not say how S3 is reached.
    package init(_ place: S3Place, environment: Environment) throws {
        bucket = S3Bucket(place.bucket)
        prefix = place.prefix ?? Self.prefix
        client = try AWSClient(
            environment: environment, services: [.s3], concurrency: 1, adviser: DeveloperAdvice(environment))
    }

    /// Their keys, those of a partition in the order in which they failed.
    package func keys() throws -> [String] {
        var keys: [String] = []
        try client.forEachPage(of: bucket, prefix: prefix) {
            keys += $0
            return true
        }
        return keys.filter { !$0.hasPrefix(Self.replayedPrefix) }
    }

    /// The event as it was sent to the function.
    /// - Throws: `AWSFailure`; `Unusable` if the object is not the record of a failed batch.
    package func event(_ key: String) throws -> [UInt8] {
        let object = try client.response(to: GetObject(bucket: bucket, key: key))
        guard EventKind(of: object) == .failedBatchRecord else {
            throw Unusable(description: "it is not the record of a failed batch")
        }
        do {
            let payload = try FailedBatchRecord.payload(in: object)
            return withExtendedLifetime(payload) { Array(payload.bytes) }
        } catch {
            throw Unusable(description: "\(error)")
        }
    }

    /// Moves a batch that the function has taken to the replayed ones. A second time it finds that done, or half done.
    package func moveAway(_ key: String) throws {
        let object = try client.response(to: GetObject(bucket: bucket, key: key))
        let copy = Self.replayedPrefix + key
        _ = try client.response(
            to: PutObject(bucket: bucket, key: copy, body: object, contentType: "application/json"))
        try client.response(to: DeleteObject(bucket: bucket, key: key))
    }
}
