import AWSCore
import AWSS3
import ArgumentParser
import Environment
import EventSourceMapping
import Foundation
import FunctionHost

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replays failed batches from an on-failure destination in S3 to a function.",
        discussion: """
            Batches that the function stores are moved to replayed/ in the same bucket; the rest stay, and the exit \
            code is 1. AWS_REGION and the credentials come from the environment, as does AWS_ENDPOINT_URL if the \
            bucket is not in AWS.

            For a function deployed in your account, ./build.sh replay finds the bucket and the function by itself.
            """)

    @Argument(help: "s3://BUCKET, or s3://BUCKET/PREFIX for the batches whose keys begin with PREFIX.")
    var place: String

    @OptionGroup var function: FunctionOptions

    func run() throws {
        let batches = try FailedBatches(S3Place(argument: place), environment: Environment())
        let interruption = Interruption()
        let keys = try batches.keys()
        let (log, makeFunction) = try function.factory(logs: .errors)
        let function = try makeFunction()
        defer { function.shutDown() }
        var replayed = 0
        for (index, key) in keys.enumerated() where !interruption.hasCome {
            if let reason = try replay(key, of: batches, function) {
                Terminal.shared.print("\(index + 1) of \(keys.count): \(key) was kept: \(reason)")
            } else {
                replayed += 1
                Terminal.shared.print("\(index + 1) of \(keys.count): replaying \(key)")
            }
        }
        log.finish()
        answer("\(replayed) of \(keys.count) failed batches replayed")
        if replayed < keys.count { throw ExitCode(1) }
    }

    /// - Returns: why the batch stays; nil where it is done.
    /// - Throws: `AWSFailure` where S3 fails: no later batch would fare better.
    private func replay(_ key: String, of batches: FailedBatches, _ function: any Function) throws -> String? {
        let event: [UInt8]
        do {
            event = try batches.event(key)
        } catch let error as FailedBatches.Unusable {
            return error.description
        }
        switch function.invoke(event).outcome {
        case .functionError(let type, let message, _): return "\(type): \(message)"
        case .unavailable(let reason): return reason
        case .success(let response):
            // Only the mapping would act on such an answer; here it says that records are not stored.
            if let partition = PartialAnswer(response).failedPartition { return "\(partition) was not stored" }
            try batches.moveAway(key)
            return nil
        }
    }
}

/// `{"batchItemFailures":[…]}`, as the function gives it under `ReportBatchItemFailures`.
private struct PartialAnswer: Decodable {
    var batchItemFailures: [Item]?
    struct Item: Decodable { var itemIdentifier: Identifier? }
    struct Identifier: Decodable {
        var partition: String?
        var offset: Int64?
    }

    /// Another answer than an object with such a list says nothing of failures.
    init(_ response: [UInt8]) {
        self = (try? JSONDecoder().decode(Self.self, from: Data(response))) ?? Self(none: ())
    }

    private init(none: Void) {}

    var failedPartition: String? {
        guard let first = batchItemFailures?.first else { return nil }
        guard let place = first.itemIdentifier, let partition = place.partition else { return "a part of the batch" }
        return "\(partition) from offset \(place.offset ?? 0) onward"
    }
}
