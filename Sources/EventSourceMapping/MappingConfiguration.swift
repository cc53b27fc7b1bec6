import FunctionHost
import Kafka

/// What a Kafka event source mapping is set up with. Names, defaults and ranges are Lambda's.
/// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
package struct MappingConfiguration: Sendable {
    package enum EventSource: Sendable, Equatable {
        /// An MSK cluster: the events say `aws:kafka` and carry the cluster's ARN.
        case msk(arn: String)
        /// Any other cluster: `SelfManagedKafka`.
        case selfManaged
    }

    package var topics: [String]
    package var eventSource: EventSource
    /// As events carry them.
    package var bootstrapServers: String
    package var consumerGroupID: String
    package var startingPosition: Consumer.Start
    /// Records, 1–10,000.
    package var batchSize = 100
    /// Milliseconds: 0–300 s. Kafka mappings that never set a window have 500 ms.
    package var batchingWindow: Int64 = 500
    /// Bytes of JSON, the envelope included.
    package var payloadLimit = FunctionLimits.payload
    /// How often a failed batch is retried, 0–10,000; `nil` is forever.
    package var maximumRetryAttempts: Int?
    /// Milliseconds from the record's timestamp, 60 s–7 days; `nil` is forever.
    package var maximumRecordAge: Int64?
    package var bisectsBatchOnFunctionError = false
    /// Whether `ReportBatchItemFailures` is among the function's response types.
    package var reportsBatchItemFailures = false
    /// Members of the consumer group, each with a sandbox of its own and one batch in flight.
    package var pollers = 1
    /// Milliseconds before the first retry; each further one waits twice as long, up to `longestBackoff`.
    package var firstBackoff: Int64 = 200
    package var longestBackoff: Int64 = 10_000
    package var settings: KafkaSettings
    package var mappingID: String
    package var functionARN: String

    package init(
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
