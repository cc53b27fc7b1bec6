import ArgumentParser
import Foundation
import Kafka

struct KafkaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka",
        abstract: "A broker to try with when there is none: the real protocol over TCP, in memory.",
        discussion: """
            It is librdkafka's built-in cluster, made for testing clients. Its limits: a partition keeps its newest \
            5 MB, as the producer compressed them, and drops what is older without a word, read or not; the system \
            chooses its port; clients cannot make topics; a consumer group takes 3 to 5 seconds to form; it takes no \
            SASL and no TLS; nothing outlives the process. Any real broker works in its place: --bootstrap-servers.

            Besides this tool's commands it serves what is built on librdkafka (confluent-kafka, kcat), aiokafka, and \
            kafka-python up to 2.3. It does not serve kafka-python 3 nor any other client that asks for the broker's \
            versions in a newer form than 2 and does not ask again in an older one: "Unable to decode response".

            Standard output gets one line, bootstrap.servers=HOST:PORT. Ctrl-C ends it.
            """)

    @Option(name: [.customLong("topic"), .short], help: ArgumentHelp("Topics to make, with their number of partitions. May be repeated.", valueName: "name:partitions"))
    var topics: [String] = ["stock_market:6"]

    @Option(help: "How many brokers the cluster has, 1-10.")
    var brokers = 1

    func validate() throws {
        _ = try topics.map(Self.parse)
        guard (1...10).contains(brokers) else { throw ValidationError("--brokers takes 1 to 10") }
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
        Terminal.shared.print("A broker with \(topics.joined(separator: ", ")) at \(cluster.bootstrapServers); Ctrl-C ends it. "
            + "A partition keeps its newest 5 MB.")
        while !interruption.hasCome { usleep(50_000) }
    }

    private static func parse(_ text: String) throws -> (String, Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, isTopicName(parts[0]),
            let partitions = parts.count == 2 ? Int(parts[1]) : 1, (1...1000).contains(partitions)
        else { throw ValidationError("--topic takes name:partitions with 1 to 1000 partitions, for example prices:6; not '\(text)'") }
        return (String(parts[0]), partitions)
    }

    /// Kafka's own rule.
    static func isTopicName(_ name: some StringProtocol) -> Bool {
        (1...249).contains(name.utf8.count) && name != "." && name != ".." && name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte & 0xDF) && byte < 128 || "._-".utf8.contains(byte)
        }
    }
}
