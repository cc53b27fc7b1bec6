import FunctionHost
import Kafka
import Synchronization

/// What a mapping has done so far; written by its pollers, read by whoever shows it.
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
        /// Records given up, to the on-failure destination or, without one, to nowhere.
        public var discarded = 0
        public var rebalances = 0
        /// Objects, as far as the function's answers tell.
        public var objects = 0
        /// Milliseconds that the function ran for, in all.
        public var duration = 0.0
        /// Seconds on the monotonic clock, 0 where there is none.
        public var firstRead = 0.0
        public var lastAcknowledged = 0.0
        public var lastBatch = 0
        public var largestBatch = 0
        /// Records that are behind the newest, by partition.
        public var lag: [TopicPartition: Int64] = [:]

        public init() {}

        public var totalLag: Int64 { lag.values.reduce(0, +) }
    }

    private let state = Mutex(Snapshot())

    public init() {}

    public var snapshot: Snapshot { state.withLock { $0 } }

    func update(_ body: (inout Snapshot) -> Void) { state.withLock { body(&$0) } }
}
