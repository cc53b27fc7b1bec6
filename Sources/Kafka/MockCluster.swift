import CRdKafka

/// librdkafka's built-in cluster: the real protocol over TCP on 127.0.0.1, kept in memory.
///
/// Its limits: a partition keeps its newest 5 MB (as compressed by the producer) and drops older records without a
/// word; ports are chosen by the system; topics are made here and not by clients; a group takes 3 to 5 seconds to
/// form; nothing outlives the process.
///
/// `@unchecked`: both pointers are set once, and librdkafka locks the cluster itself.
package final class MockCluster: @unchecked Sendable {
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// - Throws: `KafkaError` where the ports cannot be opened.
    package init(brokers: Int) throws(KafkaError) {
        let settings: KafkaSettings = ["client.id": "mock"]
        client = try makeClient(RD_KAFKA_PRODUCER, try settings.configuration())
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)) else {
            rd_kafka_destroy(client)
            throw KafkaError("the broker could not open its ports on 127.0.0.1")
        }
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// `127.0.0.1:PORT`, joined by commas.
    package var bootstrapServers: String {
        rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? ""
    }

    package func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        let code = rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "could not create the topic \(name)") }
    }
}
