import Kafka
import Testing

@testable import EventSourceMapping

@Suite struct BatchItemFailuresTests {
    private let partition = TopicPartition(topic: "my-topic", partition: 0)

    private func failures(_ response: String) -> BatchItemFailures {
        let records = (5..<9).map { EventRecord(offset: $0, timestamp: 0, json: []) }
        return BatchItemFailures(
            response: Array(response.utf8), batch: Batch([Batch.Run(partition: partition, records: records)]))
    }

    private func isMalformed(_ response: String) -> Bool {
        if case .malformed = failures(response) { true } else { false }
    }

    @Test(arguments: ["", "null", "{}", " { } ", #"{"batchItemFailures":[]}"#, #"{"batchItemFailures":null}"#])
    func `an empty answer says that all is done`(response: String) {
        #expect(failures(response) == .none)
    }

    @Test func `the lowest offset of a partition counts`() {
        let item = { (offset: Int) in #"{"itemIdentifier":{"partition":"my-topic-0","offset":\#(offset)}}"# }
        #expect(failures(#"{"batchItemFailures":[\#(item(8)),\#(item(6))]}"#) == .from([partition: 6]))
    }

    @Test(arguments: [
        "[]", "done", #"{"batchItemFailures":{}}"#, #"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
        #"{"batchItemFailures":[{"itemIdentifier":{"partition":"my-topic-0","offset":9}}]}"#,
        #"{"batchItemFailures":[{"itemIdentifier":{"partition":"my-topic-1","offset":5}}]}"#,
        #"{"batchItemFailures":[{"itemIdentifier":{"partition":"my-topic-0","offset":"5"}}]}"#,
    ])
    func `what is not of the documented form, or not in the batch, brings all of it back`(response: String) {
        #expect(isMalformed(response))
    }
}
