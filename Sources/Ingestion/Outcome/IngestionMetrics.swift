import AWSCore
import AWSGlue
import AWSS3
import EmbeddedMetrics
import Environment
import LineOutput
import UTC

/// The metrics that CloudWatch gets for each batch. The template's dashboard and alarms know these names.
struct IngestionMetrics {
    private let writer: MetricsWriter
    /// Requests belong to the function, not to a topic.
    private let function: String?
    private let requestCounters: [RequestCounter]

    /// - Parameter level: the level of each line, so that Lambda lets it through; `nil` where it does not look at
    ///   levels.
    /// - Returns: `nil` if `METRICS_NAMESPACE` is empty, which turns metrics off.
    init?(_ configuration: IngestionConfiguration, _ environment: Environment, level: StaticString?) {
        guard let namespace = configuration.metricsNamespace else { return nil }
        writer = MetricsWriter(namespace: namespace, level: level, output: LineWriter())
        function = environment["AWS_LAMBDA_FUNCTION_NAME"]
        requestCounters = configuration.requestCounters
    }

    func write(_ outcome: BatchOutcome, _ requests: RequestCounts) {
        for topic in outcome.topics {
            writer.write(Self.metrics(topic), of: Dimension("Topic", topic.topic), at: outcome.storedAt)
        }
        guard let function, requests.total > 0 else { return }
        writer.write(metrics(requests), of: Dimension("Function", function), at: outcome.storedAt)
    }

    /// `Latency` is how old each record was, by its own time, when the batch was stored: its minimum tells how far the
    /// bucket is behind the topic, its maximum how long any record took to get there, the waiting for a full batch
    /// included. The clock of a producer may be ahead: that counts as 0.
    private static func metrics(_ topic: TopicOutcome) -> [Metric] {
        var metrics = [
            Metric("Records", .count, Int64(topic.recordCount)),
            Metric("Bytes", .bytes, Int64(topic.byteCount)),
            Metric("Objects", .count, Int64(topic.objectCount)),
            Metric("Quarantined", .count, Int64(topic.quarantinedCount)),
            Metric("Latency", .milliseconds, topic.latency),
        ]
        // CloudWatch bills a metric for the hours in which it is written, and these are rare.
        if topic.tombstoneCount > 0 { metrics.append(Metric("Tombstones", .count, Int64(topic.tombstoneCount))) }
        if topic.alreadyStoredCount > 0 {
            metrics.append(Metric("AlreadyStored", .count, Int64(topic.alreadyStoredCount)))
        }
        if topic.alreadyQuarantinedCount > 0 {
            metrics.append(Metric("AlreadyQuarantined", .count, Int64(topic.alreadyQuarantinedCount)))
        }
        if topic.notStoredCount > 0 { metrics.append(Metric("NotStored", .count, Int64(topic.notStoredCount))) }
        return metrics
    }

    /// Every attempt counts, as S3 and Glue bill them.
    private func metrics(_ requests: RequestCounts) -> [Metric] {
        requests.reported(requestCounters).map { Metric($0.counter.metric, .count, Int64($0.count)) }
    }
}

extension IngestionConfiguration {
    /// Those that the log's summary and the metrics always have, zeros included; others where there were any.
    /// CloudWatch bills each metric, so there is none of the catalog that is not used.
    var requestCounters: [RequestCounter] { [.put, .list, .head, .get, glue == nil ? .startCrawler : .glue] }
}
