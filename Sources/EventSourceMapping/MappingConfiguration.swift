import FunctionHost
import Kafka

/// What a Kafka event source mapping is set up with. Names, defaults and ranges are Lambda's.
/// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
public struct MappingConfiguration: Sendable {
    public enum EventSource: Sendable, Equatable {
        /// An MSK cluster: the events say `aws:kafka` and carry the cluster's ARN.
        case msk(arn: String)
        /// Any other cluster: `SelfManagedKafka`.
        case selfManaged
    }

    public var topics: [String]
    public var eventSource: EventSource
    /// As events carry them.
    public var bootstrapServers: String
    public var consumerGroupID: String
    public var startingPosition: Consumer.Start
    /// Records, 1–10,000.
    public var batchSize = 100
    /// Milliseconds: 0–300 s. Kafka mappings that never set a window have 500 ms.
    public var batchingWindow: Int64 = 500
    /// Bytes of JSON, the envelope included.
    public var payloadLimit = FunctionLimits.payload
    /// How often a failed batch is retried, 0–10,000; `nil` is forever.
    public var maximumRetryAttempts: Int?
    /// Milliseconds from the record's timestamp, 60 s–7 days; `nil` is forever.
    public var maximumRecordAge: Int64?
    public var bisectsBatchOnFunctionError = false
    /// Whether `ReportBatchItemFailures` is among the function's response types.
    public var reportsBatchItemFailures = false
    /// Members of the consumer group, each with a sandbox of its own and one batch in flight.
    public var pollers = 1
    /// Milliseconds before the first retry; each further one waits twice as long, up to `longestBackoff`.
    public var firstBackoff: Int64 = 200
    public var longestBackoff: Int64 = 10_000
    public var settings: KafkaSettings
    public var mappingID: String
    public var functionARN: String

    public init(
        topics: [String], eventSource: EventSource, bootstrapServers: String, consumerGroupID: String,
        startingPosition: Consumer.Start, settings: KafkaSettings, mappingID: String, functionARN: String
    ) {
        self.topics = topics
        self.eventSource = eventSource
        self.bootstrapServers = bootstrapServers
        self.consumerGroupID = consumerGroupID
        self.startingPosition = startingPosition
        self.settings = settings
        self.mappingID = mappingID
        self.functionARN = functionARN
    }

    /// With an on-failure destination, "forever" means ten times.
    func retryLimit(hasDestination: Bool) -> Int? { maximumRetryAttempts ?? (hasDestination ? 10 : nil) }

    func backoff(afterFailures count: Int) -> Int64 {
        count > 20 ? longestBackoff : min(longestBackoff, firstBackoff << Int64(max(0, count - 1)))
    }
}
