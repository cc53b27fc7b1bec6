import Kafka
import Testing

@testable import EventSourceMapping

@Suite struct BatchBuilderTests {
    private let first = TopicPartition(topic: "t", partition: 0)
    private let second = TopicPartition(topic: "t", partition: 1)

    private func builder(size: Int = 10, window: Int64 = 500, limit: Int = 6_291_556) -> (BatchBuilder, EventEnvelope) {
        var configuration = MappingConfiguration(
            topics: ["t"], eventSource: .selfManaged, bootstrapServers: "b:9092", consumerGroupID: "g",
            startingPosition: .earliest, settings: [:], mappingID: "m", functionARN: "f")
        configuration.batchSize = size
        configuration.batchingWindow = window
        configuration.payloadLimit = limit
        let envelope = EventEnvelope(configuration)
        return (BatchBuilder(configuration, envelope), envelope)
    }

    private func record(_ offset: Int64, bytes: Int = 10) -> EventRecord {
        EventRecord(offset: offset, timestamp: 0, json: Array(repeating: 49, count: bytes))
    }

    @Test func `a batch is due when it is full or its window is over`() {
        var (builder, _) = builder(size: 2)
        #expect(builder.due(now: 0) == nil)
        builder.add(record(0), first, now: 1000)
        #expect(builder.due(now: 1100) == 400)
        #expect(builder.due(now: 1500) == 0)
        builder.add(record(1), second, now: 1100)
        #expect(builder.due(now: 1100) == 0)
        #expect(builder.nextBatch(now: 1100).recordCount == 2)
        #expect(builder.due(now: 1100) == nil)
    }

    @Test func `a partition that is held back gives nothing and the others go on`() {
        var (builder, _) = builder(size: 3)
        builder.add(record(0), first, now: 0)
        builder.add(record(0), second, now: 0)
        builder.hold([first])
        builder.add(record(1), first, now: 0)
        #expect(builder.nextBatch(now: 0).runs.map(\.partition) == [second])
        #expect(builder.due(now: 0) == nil)
        builder.release([first], now: 0)
        #expect(builder.nextBatch(now: 0).runs.first?.records.map(\.offset) == [0, 1])
    }

    @Test func `no event is larger than the limit, to the byte`() {
        for limit in 300...420 {
            var (builder, envelope) = builder(size: 100, limit: limit)
            for offset in 0..<20 {
                builder.add(record(Int64(offset), bytes: 20), offset % 2 == 0 ? first : second, now: 0)
            }
            var count = 0
            while builder.due(now: 10_000) != nil {
                let batch = builder.nextBatch(now: 10_000)
                #expect(envelope.event(batch).count <= limit)
                count += batch.recordCount
            }
            #expect(count == 20)
        }
    }

    @Test func `what was revoked is forgotten`() {
        var (builder, _) = builder()
        builder.add(record(0), first, now: 0)
        builder.drop([first])
        #expect(builder.due(now: 10_000) == nil)
    }

    @Test func `halves keep the order, and a partition may be in both`() {
        let batch = Batch([
            Batch.Run(partition: first, records: [record(0), record(1), record(2)]),
            Batch.Run(partition: second, records: [record(7)]),
        ])
        let (left, right) = batch.halves()
        #expect(left.runs.map { $0.records.map(\.offset) } == [[0, 1]])
        #expect(right.runs.map { $0.records.map(\.offset) } == [[2], [7]])
    }
}
