import AWSServices
import ArgumentParser
import EventSourceMapping
import Foundation
import FunctionHost
import Kafka

struct Map: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The event source mapping: reads topics as a consumer group and hands batches to a function.",
        discussion: """
            Batches are made, retried, split, given up and committed as Lambda does; options, defaults and limits are \
            those of its CreateEventSourceMapping. Ctrl-C finishes the batch in flight, commits it and leaves the \
            group; a second one ends at once.

            Not as Lambda: the number of pollers is fixed, there are no event filters, no schema registry, and SQS, \
            SNS and Kafka are no destinations.
            """)

    @Argument(help: "The topics.")
    var topics: [String]

    @OptionGroup(title: "Broker") var broker: BrokerOptions
    @OptionGroup(title: "Function") var function: FunctionOptions
    @OptionGroup(title: "Mapping") var mapping: MappingOptions

    @Option(help: "Where there is no terminal: seconds from one status line to the next.")
    var statusInterval = 5

    @Option(help: "Ends once nothing is left to read for so many seconds; 0 is never.")
    var exitWhenIdle = 0

    func run() throws {
        let interruption = Interruption()
        try broker.checkTopics(topics)
        let configuration = try mapping.configuration(topics, broker, function)
        let mapping = EventSourceMapping(
            configuration, onFailure: try self.mapping.destination(), notice: { Terminal.shared.print($0) },
            makeFunction: try function.factory())
        mapping.start()
        let display = MappingDisplay(configuration, mapping.statistics, interval: statusInterval)
        var idleSince = Date()
        var last = 0
        while !mapping.wait(milliseconds: 250) {
            if interruption.hasCome {
                mapping.stop()
                break
            }
            let now = mapping.statistics.snapshot
            if now.read != last || now.totalLag > 0 || now.lag.isEmpty { idleSince = Date() }
            last = now.read
            if exitWhenIdle > 0, -idleSince.timeIntervalSinceNow >= Double(exitWhenIdle) { mapping.stop() }
            display.tick()
        }
        if interruption.hasCome { Terminal.shared.print("finishing the batch in flight; Ctrl-C again ends at once") }
        while !mapping.wait(milliseconds: 250) { display.tick() }
        display.finish()
        if let failure = mapping.startFailure { throw failure }
    }
}

struct MappingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("ARN of an MSK cluster: events then say aws:kafka and carry it. Without: SelfManagedKafka.", valueName: "arn"))
    var eventSourceArn: String?

    @Option(help: "The consumer group. Whoever names it again goes on where it stopped.")
    var consumerGroupId = "local"

    @Option(help: "Where a new group begins: TRIM_HORIZON, LATEST or AT_TIMESTAMP.")
    var startingPosition = "TRIM_HORIZON"

    @Option(help: ArgumentHelp("With AT_TIMESTAMP: seconds since 1970.", valueName: "seconds"))
    var startingPositionTimestamp: Double?

    @Option(help: ArgumentHelp("Records in a batch at most, 1-10000.", valueName: "records"))
    var batchSize = 100

    @Option(help: ArgumentHelp("How long a batch may wait to be filled, 0-300. Without: half a second, which no number gives.", valueName: "seconds"))
    var maximumBatchingWindowInSeconds: Int?

    @Option(help: ArgumentHelp("Retries of a failed batch, 0-10000; -1 is for ever, or 10 with an on-failure destination.", valueName: "count"))
    var maximumRetryAttempts = -1

    @Option(help: ArgumentHelp("Records older than this are given up, 60-604800; -1 is never.", valueName: "seconds"))
    var maximumRecordAgeInSeconds = -1

    @Flag(help: "Splits a failed batch in two and tries each half.")
    var bisectBatchOnFunctionError = false

    @Option(name: .customLong("function-response-types"), help: ArgumentHelp("ReportBatchItemFailures, where the function answers with what failed. Set PARTIAL_BATCH_RESPONSE=true for this project's function.", valueName: "type"))
    var responseTypes: [String] = []

    @Option(help: ArgumentHelp("Where batches go that are given up: s3://BUCKET, or a file that gets one JSON line for each.", valueName: "place"))
    var onFailureDestination: String?

    @Option(help: ArgumentHelp("Members of the consumer group, 1-64, each with a sandbox and one batch in flight. Lambda starts with one and adds more, up to one a partition.", valueName: "count"))
    var pollers = 1

    func validate() throws {
        guard (1...10_000).contains(batchSize) else { throw ValidationError("--batch-size takes 1 to 10000 records") }
        guard (0...300).contains(maximumBatchingWindowInSeconds ?? 0) else {
            throw ValidationError("--maximum-batching-window-in-seconds takes 0 to 300")
        }
        if batchSize > 10, maximumBatchingWindowInSeconds == 0 {
            throw ValidationError("a batch size over 10 needs a --maximum-batching-window-in-seconds of 1 or more")
        }
        guard (-1...10_000).contains(maximumRetryAttempts) else { throw ValidationError("--maximum-retry-attempts takes 0 to 10000, or -1") }
        guard maximumRecordAgeInSeconds == -1 || (60...604_800).contains(maximumRecordAgeInSeconds) else {
            throw ValidationError("--maximum-record-age-in-seconds takes 60 to 604800, or -1")
        }
        guard responseTypes.allSatisfy({ $0 == "ReportBatchItemFailures" }) else {
            throw ValidationError("--function-response-types knows ReportBatchItemFailures alone")
        }
        guard (1...64).contains(pollers) else { throw ValidationError("--pollers takes 1 to 64") }
        _ = try start()
        _ = try destination()
    }

    func destination() throws -> OnFailureDestination? {
        guard let onFailureDestination else { return nil }
        guard let destination = OnFailureDestination(onFailureDestination) else {
            throw ValidationError("--on-failure-destination takes s3://BUCKET or a file's path; SQS, SNS and Kafka topics are not to be had here")
        }
        if case .s3(let bucket) = destination, let special = SpecialBucket(bucket) {
            throw ValidationError("--on-failure-destination names \(bucket), \(special.reason); name a general purpose bucket")
        }
        return destination
    }

    func configuration(_ topics: [String], _ broker: BrokerOptions, _ function: FunctionOptions) throws -> MappingConfiguration {
        // A batch may take as long as the function may; the group must not give its partitions away meanwhile.
        let longest = function.function == nil ? 900_000 : max(60, function.timeout) * 1000
        let ours: KafkaSettings = [
            "client.id": "local-map", "session.timeout.ms": "6000", "heartbeat.interval.ms": "1000",
            "max.poll.interval.ms": "\(longest + 60_000)", "fetch.wait.max.ms": "100",
            "queued.max.messages.kbytes": "16384", "fetch.message.max.bytes": "4194304",
        ]
        let settings = ours.overridden(by: try broker.settings())
        var configuration = MappingConfiguration(
            topics: topics, eventSource: eventSourceArn.map { .msk(arn: $0) } ?? .selfManaged,
            bootstrapServers: try broker.servers(), consumerGroupID: consumerGroupId, startingPosition: try start(),
            settings: settings, mappingID: Self.identifier(consumerGroupId), functionARN: function.arn)
        configuration.batchSize = batchSize
        configuration.batchingWindow = maximumBatchingWindowInSeconds.map { Int64($0) * 1000 } ?? 500
        configuration.maximumRetryAttempts = maximumRetryAttempts < 0 ? nil : maximumRetryAttempts
        configuration.maximumRecordAge = maximumRecordAgeInSeconds < 0 ? nil : Int64(maximumRecordAgeInSeconds) * 1000
        configuration.bisectsBatchOnFunctionError = bisectBatchOnFunctionError
        configuration.reportsBatchItemFailures = !responseTypes.isEmpty
        configuration.pollers = pollers
        return configuration
    }

    private func start() throws -> Consumer.Start {
        switch startingPosition {
        case "TRIM_HORIZON": return .earliest
        case "LATEST": return .latest
        case "AT_TIMESTAMP":
            guard let startingPositionTimestamp else {
                throw ValidationError("AT_TIMESTAMP needs --starting-position-timestamp, in seconds since 1970")
            }
            return .timestamp(Int64(startingPositionTimestamp * 1000))
        default: throw ValidationError("--starting-position takes TRIM_HORIZON, LATEST or AT_TIMESTAMP, not '\(startingPosition)'")
        }
    }

    /// The same group has the same mapping's id, as a mapping keeps its own: object names can be told apart by it.
    private static func identifier(_ group: String) -> String {
        var random = SplitMix64(state: group.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        let digits = String(format: "%016lx%016lx", random.next(), random.next())
        let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return cuts.map { String(Array(digits)[$0]) }.joined(separator: "-")
    }
}
