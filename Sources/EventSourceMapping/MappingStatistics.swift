import FunctionHost
import Kafka
import Synchronization

/// What a mapping has done so far; written by its pollers, read by the display.
package final class MappingStatistics: Sendable {
    package struct Snapshot: Sendable {
        /// Records read from Kafka, those read again included.
        package var read = 0
        /// Records that the function acknowledged and whose offsets are committed.
        package var acknowledged = 0
        /// Bytes of the events that were acknowledged.
        package var acknowledgedBytes = 0
        package var invocations = 0
        /// Invocations that ended in an error, or that could not be made.
        package var errors = 0
        /// Partitions that a function reported as failed in its answer.
        package var itemFailures = 0
        /// Records discarded, to the on-failure destination if there is one.
        package var discarded = 0
        /// Offsets that the broker deleted before they were read.
        package var gone: Int64 = 0
        package var rebalances = 0
        /// Objects, as far as the function's answers tell.
        package var objects = 0
        /// Milliseconds that the function ran for, in all; of one elsewhere, with the way there and back.
        package var duration = 0.0
        /// Seconds on the monotonic clock, 0 where there is none.
        package var firstRead = 0.0
        package var lastAcknowledged = 0.0
        package var lastBatch = 0
        package var largestBatch = 0
        /// The lag in records, by partition.
        package var lag: [TopicPartition: Int64] = [:]

        /// By poller.
        package var standings: [Int: PollerStanding] = [:]
        /// Topics that the broker does not know, or does not show to these credentials.
        package var missingTopics: Set<String> = []

        package init() {}

        package var totalLag: Int64 {
            // Offsets are the broker's to choose: their sum may be more than there are numbers.
            lag.values.reduce(0) { sum, lag in
                let (total, overflows) = sum.addingReportingOverflow(lag)
                return overflows ? .max : total
            }
        }
    }

    private let state = Mutex(Snapshot())

    package init() {}

    package var snapshot: Snapshot { state.withLock { $0 } }

    func update(_ body: (inout Snapshot) -> Void) { state.withLock { body(&$0) } }
}

/// What a poller is at.
package enum PollerStanding: Sendable, Equatable {
    case joining
    case working
    /// Each record that was read is done and committed, and the brokers have no more.
    case idle
    /// No broker can be reached, none lets it in, or commits are refused.
    case stuck(String)
}

extension MappingStatistics.Snapshot {
    /// Of the mapping as a whole.
    package enum Standing: Sendable, Equatable {
        case working
        case idle
        /// Nothing can be done until somebody intervenes.
        case stuck(String)
    }

    package var standing: Standing {
        for case .stuck(let why) in standings.values { return .stuck(why) }
        guard !standings.isEmpty, !standings.values.contains(.working) else { return .working }
        guard missingTopics.isEmpty else {
            let names = missingTopics.sorted().joined(separator: ", ")
            return .stuck("the broker has no topic \(names), or does not show it to these credentials")
        }
        return standings.values.contains(.joining) ? .working : .idle
    }
}
