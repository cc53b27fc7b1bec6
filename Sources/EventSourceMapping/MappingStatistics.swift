import FunctionHost
import Kafka
import Synchronization

/// What a mapping has done so far; written by its pollers, read by the display.
public final class MappingStatistics: Sendable {
    public struct Snapshot: Sendable {
        /// Records read from Kafka, those read again included.
        public var read = 0
        /// Records that the function acknowledged and whose offsets are committed.
        public var acknowledged = 0
        /// Bytes of the events that were acknowledged.
        public var acknowledgedBytes = 0
        public var invocations = 0
        /// Invocations that ended in an error, or that could not be made.
        public var errors = 0
        /// Partitions that a function reported as failed in its answer.
        public var itemFailures = 0
        /// Records discarded, to the on-failure destination if there is one.
        public var discarded = 0
        /// Offsets that the broker deleted before they were read.
        public var gone: Int64 = 0
        public var rebalances = 0
        /// Objects, as far as the function's answers tell.
        public var objects = 0
        /// Milliseconds that the function ran for, in all; of one elsewhere, with the way there and back.
        public var duration = 0.0
        /// Seconds on the monotonic clock, 0 where there is none.
        public var firstRead = 0.0
        public var lastAcknowledged = 0.0
        public var lastBatch = 0
        public var largestBatch = 0
        /// The lag in records, by partition.
        public var lag: [TopicPartition: Int64] = [:]

        /// By poller.
        public var standings: [Int: PollerStanding] = [:]
        /// Topics that the broker does not know, or does not show to these credentials.
        public var missingTopics: Set<String> = []

        public init() {}

        public var totalLag: Int64 {
            // Offsets are the broker's to choose: their sum may be more than there are numbers.
            lag.values.reduce(0) { sum, lag in
                let (total, overflows) = sum.addingReportingOverflow(lag)
                return overflows ? .max : total
            }
        }
    }

    private let state = Mutex(Snapshot())

    public init() {}

    public var snapshot: Snapshot { state.withLock { $0 } }

    func update(_ body: (inout Snapshot) -> Void) { state.withLock { body(&$0) } }
}

/// What a poller is at.
public enum PollerStanding: Sendable, Equatable {
    case joining
    case working
    /// Each record that was read is done and committed, and the brokers have no more.
    case idle
    /// No broker can be reached, none lets it in, or commits are refused.
    case stuck(String)
}

extension MappingStatistics.Snapshot {
    /// Of the mapping as a whole.
    public enum Standing: Sendable, Equatable {
        case working
        case idle
        /// Nothing can be done until somebody intervenes.
        case stuck(String)
    }

    public var standing: Standing {
        for case .stuck(let why) in standings.values { return .stuck(why) }
        guard !standings.isEmpty, !standings.values.contains(.working) else { return .working }
        guard missingTopics.isEmpty else {
            let names = missingTopics.sorted().joined(separator: ", ")
            return .stuck("the broker has no topic \(names), or does not show it to these credentials")
        }
        return standings.values.contains(.joining) ? .working : .idle
    }
}
