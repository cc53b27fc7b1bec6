import CRdKafka

/// The topics of a `MockCluster`, asked for in a way that makes none: the cluster makes a topic of four partitions of
/// every name that a client asks about, a misspelt one too.
package enum BuiltInTopics {
    /// - Returns: the topics' names in order; `nil` where the broker is of another kind or silent for five seconds.
    /// - Throws: `KafkaError` naming a setting that librdkafka does not take.
    package static func names(_ settings: KafkaSettings) throws(KafkaError) -> [String]? {
        // The settings may be a consumer's or a producer's; those for brokers are the same.
        let client = try makeClient(RD_KAFKA_PRODUCER, try settings.configuration())
        defer { rd_kafka_destroy(client) }
        guard isBuiltIn(client) else { return nil }
        var answer: UnsafePointer<rd_kafka_metadata>?
        guard rd_kafka_metadata(client, 1, nil, &answer, patience) == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            return nil
        }
        defer { rd_kafka_metadata_destroy(answer) }
        return (0..<Int(answer.pointee.topic_cnt)).map { String(cString: answer.pointee.topics[$0].topic) }.sorted()
    }

    /// Milliseconds.
    private static let patience: Int32 = 5_000

    private static func isBuiltIn(_ client: OpaquePointer) -> Bool {
        guard let id = rd_kafka_clusterid(client, patience) else { return false }
        defer { rd_kafka_mem_free(client, id) }
        return String(cString: id).hasPrefix("mockCluster")
    }
}
