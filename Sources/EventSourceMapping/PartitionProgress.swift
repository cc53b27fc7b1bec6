/// How far a partition is done, so that what is committed never passes a record that is still to be done.
///
/// Records are read in order, and not always done in order: those that are too old are discarded while others of the
/// same batch wait for a retry.
struct PartitionProgress {
    /// Raised where the partition was truncated or recreated: an offset then names another record than before.
    private(set) var epoch: Int32 = 0
    /// The next offset that will be read.
    private(set) var next: Int64
    /// What the broker has; `nil` while it has nothing, or something that no longer holds.
    private(set) var committed: Int64?
    /// Whether all that the broker could hand out has been read.
    private(set) var isAtEnd = false

    /// Offsets that were read, ascending; those before `head` are done.
    private var pending: [Int64] = []
    private var head = 0
    /// Done, and not the lowest.
    private var doneAhead: Set<Int64> = []
    /// Done by the function, and not among the committed yet.
    private var acknowledged: [Int64] = []

    init(next: Int64, committed: Int64?) {
        self.next = next
        self.committed = committed
    }

    var pendingCount: Int { pending.count - head - doneAhead.count }

    /// The lowest record still to be done, or what will be read next.
    var committable: Int64 { head < pending.count ? pending[head] : next }

    var isBehindCommit: Bool { committed.map { $0 < committable } ?? true }

    mutating func read(_ offset: Int64) {
        pending.append(offset)
        next = offset &+ 1
        isAtEnd = false
    }

    /// All before `offset` has been read: the offsets between have no records.
    mutating func reachedEnd(at offset: Int64) {
        next = max(next, offset)
        isAtEnd = true
    }

    /// - Parameter acknowledged: by the function; otherwise they were discarded.
    mutating func finish(_ records: [EventRecord], acknowledged isAcknowledged: Bool) {
        for record in records where record.epoch == epoch {
            if isAcknowledged { acknowledged.append(record.offset) }
            if head < pending.count, pending[head] == record.offset {
                head += 1
                while head < pending.count, doneAhead.remove(pending[head]) != nil { head += 1 }
            } else {
                doneAhead.insert(record.offset)
            }
        }
        if head == pending.count {
            pending.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 20_000 {
            pending.removeFirst(head)
            head = 0
        }
    }

    /// The broker has taken `offset`.
    /// - Returns: how many records that makes acknowledged for good.
    mutating func hasCommitted(_ offset: Int64) -> Int {
        committed = offset
        let before = acknowledged.count
        acknowledged.removeAll { $0 < offset }
        return before - acknowledged.count
    }

    /// Goes on at another offset: what lay between is gone, what was read is still to be done.
    mutating func skip(to offset: Int64) {
        next = max(next, offset)
        isAtEnd = false
    }

    /// Starts over at `offset`, in another log under the same name.
    mutating func restart(at offset: Int64) {
        let following = epoch + 1
        self = PartitionProgress(next: offset, committed: nil)
        epoch = following
    }
}
