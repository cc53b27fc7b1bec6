import Foundation
import Kafka

/// What a function answers under `ReportBatchItemFailures`: each failed partition at its first offset not done.
/// https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
enum BatchItemFailures: Equatable {
    case none
    case from([TopicPartition: Int64])
    /// Not of the documented form, or about records that are not in the batch: all of it is tried again.
    case malformed(String)

    init(response: [UInt8], batch: Batch) {
        let text = response.filter { !($0 == 32 || $0 == 9 || $0 == 10 || $0 == 13) }
        if text.isEmpty || text.elementsEqual("null".utf8) || text.elementsEqual("{}".utf8) {
            self = .none
            return
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response)) else {
            self = .malformed("the response is not of the form {\"batchItemFailures\":[…]}")
            return
        }
        var failures: [TopicPartition: Int64] = [:]
        for item in answer.batchItemFailures ?? [] {
            let (name, offset) = (item.itemIdentifier.partition, item.itemIdentifier.offset)
            guard let run = batch.runs.first(where: { $0.partition.description == name }),
                run.records.contains(where: { $0.offset == offset })
            else {
                self = .malformed("the response names \(name)@\(offset), which is not in the batch")
                return
            }
            failures[run.partition] = min(offset, failures[run.partition] ?? .max)
        }
        self = failures.isEmpty ? .none : .from(failures)
    }

    private struct Answer: Decodable {
        var batchItemFailures: [Item]?
        struct Item: Decodable { var itemIdentifier: Identifier }
        struct Identifier: Decodable {
            var partition: String
            var offset: Int64
        }
    }
}
