import Foundation
import Kafka
import TestParts
import Testing

@Suite struct UnknownTopicTests {
    @Test func `a misspelt topic is said to be unknown, by the producer and by the mapping, and is not made`() throws {
        let pipeline = try Pipeline(topic: "stock_market", partitions: 3)
        let misspelt = try pipeline.misspelt("stok_market")
        for command in [try misspelt.produce(1), try misspelt.map([], environment: [:])] {
            #expect(try command.exit(within: 30).code != 0)
            let said = command.output(.error)
            #expect(said.contains("the broker has no topic stok_market; it has stock_market."), "\(said)")
            #expect(said.contains("local kafka --topic stok_market:6"))
        }
        #expect(try BuiltInTopics.names(["bootstrap.servers": pipeline.servers]) == ["stock_market"])
    }
}
