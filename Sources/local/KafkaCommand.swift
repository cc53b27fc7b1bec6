import ArgumentParser
import Foundation
import Kafka

struct KafkaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka",
        abstract: "Runs a broker for trying things out: the real protocol over TCP, in memory.",
        discussion: """
            This is librdkafka's built-in mock cluster, made for testing clients. Its limits: a partition keeps its \
            newest 5 MB, as compressed by the producer, and silently drops older records, read or unread; the system \
            chooses its port; clients cannot create topics; a consumer group takes 3 to 5 seconds to form; it supports \
            neither SASL nor TLS; nothing outlives the process. Any real broker works instead: --bootstrap-servers.

            Besides this tool's commands it works with clients built on librdkafka (confluent-kafka, kcat), with \
            aiokafka, and with kafka-python up to 2.3. It does not work with kafka-python 3 or any other client that \
            requests ApiVersions above version 2 without falling back: "Unable to decode response".

            Writes one line to standard output, bootstrap.servers=HOST:PORT. Ctrl-C stops it.
            """)

    @Option(
        name: [.customLong("topic"), .short],
        help: ArgumentHelp(
            "A topic to create, with its number of partitions. May be repeated.", valueName: "name:partitions"))
    var topics: [String] = ["stock_market:6"]

    @Option(help: "Number of brokers in the cluster, 1-10.")
    var brokers = 1

    func validate() throws {
        _ = try topics.map(Self.parse)
        guard (1...10).contains(brokers) else { throw ValidationError("--brokers must be 1 to 10") }
    }

    func run() throws {
        let interruption = Interruption()
        let cluster = try MockCluster(brokers: brokers)
        for topic in topics {
            let (name, partitions) = try Self.parse(topic)
            try cluster.createTopic(name, partitions: partitions)
        }
        RunningBroker.announce(cluster.bootstrapServers)
        defer { RunningBroker.forget() }
        answer("bootstrap.servers=\(cluster.bootstrapServers)")
        Terminal.shared.print(
            "A broker with \(topics.joined(separator: ", ")) at \(cluster.bootstrapServers); Ctrl-C stops it. "
                + "A partition keeps its newest 5 MB.")
        while !interruption.hasCome { usleep(50_000) }
    }

    private static func parse(_ text: String) throws -> (String, Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, isTopicName(parts[0]),
            let partitions = parts.count == 2 ? Int(parts[1]) : 1, (1...1000).contains(partitions)
        else {
            throw ValidationError(
                "--topic must be name:partitions with 1 to 1000 partitions, for example prices:6; not '\(text)'")
        }
        return (String(parts[0]), partitions)
    }

    /// Kafka's own rule.
    static func isTopicName(_ name: some StringProtocol) -> Bool {
        (1...249).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte & 0xDF) && byte < 128 || "._-".utf8.contains(byte)
            }
    }
}
