import FunctionHost
import Kafka

/// Records that are handed to the function together: runs of one or several partitions, each in order.
struct Batch {
    struct Run {
        var partition: TopicPartition
        /// Never empty, offsets rise.
        var records: [EventRecord]
    }

    var runs: [Run]
    /// Invocations that failed so far.
    var failures = 0
    /// Invocations so far, as reported to the on-failure destination.
    var invocations = 0
    /// Of the last invocation; empty before the first.
    var requestID = ""
    /// On the monotonic clock: not to be invoked before.
    var notBefore: Int64 = 0
    /// Set once it is to be discarded; the destination may have to be tried again.
    var discard: DiscardReason?

    init(_ runs: [Run]) { self.runs = runs }

    var recordCount: Int { runs.reduce(0) { $0 + $1.records.count } }

    /// Two halves, the first of which is to be done before the second; a partition may be in both.
    func halves() -> (Batch, Batch) {
        var left: [Run] = []
        var right: [Run] = []
        var room = (recordCount + 1) / 2
        for run in runs {
            let (head, tail) = (run.records.prefix(room), run.records.dropFirst(room))
            if !head.isEmpty { left.append(Run(partition: run.partition, records: Array(head))) }
            if !tail.isEmpty { right.append(Run(partition: run.partition, records: Array(tail))) }
            room -= head.count
        }
        return (with(left), with(right))
    }

    mutating func was(_ invocation: Invocation) {
        invocations += 1
        requestID = invocation.requestID
    }

    /// The same history, other records.
    func with(_ runs: [Run]) -> Batch {
        var batch = self
        batch.runs = runs
        return batch
    }

    /// Splits off the records that `isPart` takes, keeping the order on both sides.
    func split(_ isPart: (EventRecord) -> Bool) -> (part: Batch, rest: Batch) {
        func filtered(_ wanted: Bool) -> [Run] {
            runs.compactMap { run in
                let records = run.records.filter { isPart($0) == wanted }
                return records.isEmpty ? nil : Run(partition: run.partition, records: records)
            }
        }
        return (with(filtered(true)), with(filtered(false)))
    }
}

/// Why records are discarded, as in the on-failure destination's `condition`.
/// https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
enum DiscardReason: String, Sendable {
    case retriesExhausted = "RetryAttemptsExhausted"
    case payloadTooLarge = "MaximumPayloadSizeExceeded"
    case recordTooOld = "RecordAgeExceeded"
}
