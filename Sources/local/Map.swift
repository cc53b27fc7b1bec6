import ArgumentParser
import AWSS3
import EventSourceMapping
import Foundation
import FunctionHost
import Kafka
import UTC

struct Map: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs an event source mapping: reads topics as a consumer group and invokes a function with batches.",
        discussion: """
            Batches are built, retried, split, discarded and committed as by Lambda; options, defaults and limits are \
            those of its CreateEventSourceMapping. Ctrl-C finishes the batch in flight, commits it and leaves the \
            group; a second Ctrl-C stops at once. The exit code is 1 if records were discarded or could not be read.

            Unlike Lambda, the number of pollers is fixed, there are no event filters and no schema registry, and SQS, \
            SNS and Kafka are not supported as destinations.
            """)

    @Argument(help: "The topics.")
    var topics: [String]

    @OptionGroup(title: "Broker") var broker: BrokerOptions
    @OptionGroup(title: "Function") var function: FunctionOptions
    @OptionGroup(title: "Mapping") var mapping: MappingOptions

    @Option(help: "Without a terminal: seconds between status lines.")
    var statusInterval = 5

    @Option(
        help: ArgumentHelp(
            """
            Exits once the whole group has had nothing left to read for this time; 0 is never. Exits with an error \
            if a topic does not exist, or if no broker responds for 10 s.
            """,
            valueName: "seconds"))
    var exitWhenIdle = 0

    func validate() throws {
        guard statusInterval > 0 else { throw ValidationError("--status-interval must be 1 second or more") }
        guard (0...86_400).contains(exitWhenIdle) else {
            throw ValidationError("--exit-when-idle must be 0 to 86400 seconds")
        }
    }

    func run() throws {
        let interruption = Interruption()
        try broker.checkTopics(topics)
        let configuration = try mapping.configuration(topics, broker, function)
        let (log, makeFunction) = try function.factory(logs: .errors)
        let mapping = EventSourceMapping(
            configuration, onFailure: try self.mapping.destination(), notice: { Terminal.shared.print($0) },
            makeFunction: makeFunction)
        mapping.start()
        let display = MappingDisplay(configuration, mapping.statistics, interval: statusInterval)
        var quiet = Quiet(seconds: exitWhenIdle)
        var stuck: String?
        while !mapping.wait(milliseconds: 250) {
            if interruption.hasCome { break }
            if let ending = quiet.ending(mapping.statistics.snapshot, now: Clock.monotonic()) {
                if case .stuck(let why) = ending { stuck = why }
                break
            }
            display.tick()
        }
        mapping.stop()
        if interruption.hasCome { Terminal.shared.print("finishing the batch in flight; Ctrl-C again stops at once") }
        while !mapping.wait(milliseconds: 250) { display.tick() }
        display.finish()
        log.finish()
        if let failure = mapping.failed { throw failure }
        try report(mapping.statistics.snapshot, stuck)
    }

    /// A script must not take for success what left records undone.
    private func report(_ end: MappingStatistics.Snapshot, _ stuck: String?) throws {
        var problems: [String] = []
        if let stuck { problems.append("not everything could be read: \(stuck)") }
        if end.discarded > 0 {
            let place =
                mapping.onFailureDestination.map { "see \($0)" }
                ?? "they are lost, as no on-failure destination was set"
            problems.append(
                "\(counted(end.discarded, "record")) \(end.discarded == 1 ? "was" : "were") discarded: \(place)")
        }
        if end.gone > 0 {
            problems.append("the broker deleted \(counted(end.gone, "offset")) before the group read them")
        }
        if !problems.isEmpty { throw CommandFailure(problems.joined(separator: "; ")) }
    }
}

/// When `--exit-when-idle` ends the mapping.
struct Quiet {
    let seconds: Int
    private var since: Int64?
    private var last = MappingStatistics.Snapshot.Standing.working

    init(seconds: Int) { self.seconds = seconds }

    /// - Parameter now: on the monotonic clock, milliseconds.
    mutating func ending(_ snapshot: MappingStatistics.Snapshot, now: Int64) -> MappingStatistics.Snapshot.Standing? {
        let standing = snapshot.standing
        defer { last = standing }
        let isSame =
            switch (last, standing) {
            case (.idle, .idle), (.stuck, .stuck): true
            default: false
            }
        if !isSame { since = standing == .working ? nil : now }
        guard seconds > 0, let since else { return nil }
        // A broker that restarts is back before that.
        let patience = snapshot.missingTopics.isEmpty && standing != .idle ? max(10, seconds) : seconds
        return now - since >= Int64(patience) * 1000 ? standing : nil
    }
}

struct MappingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "ARN of an MSK cluster, for events with the source aws:kafka. Default: SelfManagedKafka.", valueName: "arn")
    )
    var eventSourceArn: String?

    @Option(help: "The consumer group. Using it again continues where it stopped.")
    var consumerGroupId = "local"

    @Option(help: "Where a new group starts: TRIM_HORIZON, LATEST or AT_TIMESTAMP.")
    var startingPosition = "TRIM_HORIZON"

    @Option(help: ArgumentHelp("With AT_TIMESTAMP: seconds since 1970.", valueName: "seconds"))
    var startingPositionTimestamp: Double?

    @Option(help: ArgumentHelp("Maximum number of records per batch, 1-10000.", valueName: "records"))
    var batchSize = 100

    @Option(
        help: ArgumentHelp("How long a batch may wait to fill up, 0-300. Default: half a second.", valueName: "seconds")
    )
    var maximumBatchingWindowInSeconds: Int?

    @Option(
        help: ArgumentHelp(
            "Retries of a failed batch, 0-10000; -1 is forever, or 10 with an on-failure destination.",
            valueName: "count"))
    var maximumRetryAttempts = -1

    @Option(help: ArgumentHelp("Records older than this are discarded, 60-604800; -1 is never.", valueName: "seconds"))
    var maximumRecordAgeInSeconds = -1

    @Flag(help: "Splits a failed batch in two and retries each half.")
    var bisectBatchOnFunctionError = false

    @Option(
        name: .customLong("function-response-types"),
        help: ArgumentHelp(
            """
            ReportBatchItemFailures, if the function's response lists what failed. For this project's function, set \
            PARTIAL_BATCH_RESPONSE=true as well.
            """,
            valueName: "type"))
    var responseTypes: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where discarded batches go: s3://BUCKET, or a file that gets one line of JSON per batch.",
            valueName: "place"))
    var onFailureDestination: String?

    @Option(
        help: ArgumentHelp(
            """
            Members of the consumer group, 1-64, each with a sandbox and one batch in flight. Lambda starts with one \
            and adds more, up to one per partition.
            """,
            valueName: "count"))
    var pollers = 1

    func validate() throws {
        guard (1...10_000).contains(batchSize) else { throw ValidationError("--batch-size must be 1 to 10000 records") }
        guard (0...300).contains(maximumBatchingWindowInSeconds ?? 0) else {
            throw ValidationError("--maximum-batching-window-in-seconds must be 0 to 300")
        }
        if batchSize > 10, maximumBatchingWindowInSeconds == 0 {
            throw ValidationError("a batch size over 10 needs a --maximum-batching-window-in-seconds of 1 or more")
        }
        guard (-1...10_000).contains(maximumRetryAttempts) else {
            throw ValidationError("--maximum-retry-attempts must be 0 to 10000, or -1")
        }
        guard maximumRecordAgeInSeconds == -1 || (60...604_800).contains(maximumRecordAgeInSeconds) else {
            throw ValidationError("--maximum-record-age-in-seconds must be 60 to 604800, or -1")
        }
        guard responseTypes.allSatisfy({ $0 == "ReportBatchItemFailures" }) else {
            throw ValidationError("--function-response-types supports only ReportBatchItemFailures")
        }
        guard (1...64).contains(pollers) else { throw ValidationError("--pollers must be 1 to 64") }
        _ = try start()
        _ = try destination()
    }

    func destination() throws -> OnFailureDestination? {
        guard let onFailureDestination else { return nil }
        guard let destination = OnFailureDestination(onFailureDestination) else {
            throw ValidationError(
                """
                --on-failure-destination must be s3://BUCKET or a file's path; SQS, SNS and Kafka topics are not \
                supported here
                """
            )
        }
        if case .s3(let bucket) = destination, let special = SpecialBucket(bucket) {
            throw ValidationError(
                "--on-failure-destination is \(bucket), \(special.reason); use a general purpose bucket")
        }
        return destination
    }

    func configuration(_ topics: [String], _ broker: BrokerOptions, _ function: FunctionOptions) throws
        -> MappingConfiguration
    {
        // A batch may take as long as the function may; the group must not give its partitions away meanwhile.
        let longest = function.function == nil ? 900_000 : max(60, function.timeout) * 1000
        let ours: KafkaSettings = [
            "client.id": "local-map", "session.timeout.ms": "6000", "heartbeat.interval.ms": "1000",
            "max.poll.interval.ms": "\(longest + 60_000)", "fetch.wait.max.ms": "100",
            // Partitions that are added, and topics that are made, are seen after this time.
            "topic.metadata.refresh.interval.ms": "3000",
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
            // Years 1970 to 9999: beyond them there is no date, and NaN compares with nothing.
            guard (0..<253_402_300_800).contains(startingPositionTimestamp) else {
                throw ValidationError("--starting-position-timestamp must be seconds since 1970, up to the year 9999")
            }
            return .timestamp(Int64((startingPositionTimestamp * 1000).rounded()))
        default:
            throw ValidationError(
                "--starting-position must be TRIM_HORIZON, LATEST or AT_TIMESTAMP, not '\(startingPosition)'")
        }
    }

    /// The same group has the same mapping's id, as a mapping keeps its own: object names can be told apart by it.
    private static func identifier(_ group: String) -> String {
        var random = SplitMix64(
            state: group.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        let digits = String(format: "%016lx%016lx", random.next(), random.next())
        let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return cuts.map { String(Array(digits)[$0]) }.joined(separator: "-")
    }
}
