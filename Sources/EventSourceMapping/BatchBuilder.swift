import Kafka

/// Collects records by partition and cuts batches from them, as soon as one of the three limits is met: the number
/// of records, the size of the event, or the window since the first record came.
///
/// Partitions that wait for a retry are held back: what follows in them must not overtake.
struct BatchBuilder {
    private let batchSize: Int
    private let payloadLimit: Int
    private let window: Int64
    private let emptySize: Int

    private var queues: [TopicPartition: Queue] = [:]
    /// Which partition is served first, so that a busy one does not shut out the others.
    private var order: [TopicPartition] = []
    private var held: Set<TopicPartition> = []
    /// Of the partitions that are not held back.
    private(set) var readyCount = 0
    private var readySize = 0
    private var firstArrival: Int64?

    private struct Queue {
        var records: [EventRecord] = []
        var head = 0
        var size = 0
        var count: Int { records.count - head }
    }

    init(_ configuration: MappingConfiguration, _ envelope: EventEnvelope) {
        batchSize = configuration.batchSize
        payloadLimit = configuration.payloadLimit
        window = configuration.batchingWindow
        emptySize = envelope.emptySize
    }

    /// - Parameter now: on the monotonic clock, milliseconds.
    mutating func add(_ record: EventRecord, _ partition: TopicPartition, now: Int64) {
        if queues[partition] == nil {
            order.append(partition)
            queues[partition] = Queue(size: EventEnvelope.listSize(partition))
            if !held.contains(partition) { readySize += EventEnvelope.listSize(partition) }
        }
        let size = record.json.count + 1
        queues[partition]?.records.append(record)
        queues[partition]?.size += size
        guard !held.contains(partition) else { return }
        readyCount += 1
        readySize += size
        if firstArrival == nil { firstArrival = now }
    }

    /// How many records wait because their partition is held back.
    func backlog(_ partition: TopicPartition) -> (records: Int, bytes: Int) {
        queues[partition].map { ($0.count, $0.size) } ?? (0, 0)
    }

    /// Milliseconds until a batch is due; `nil` where nothing waits, 0 where one is due now.
    func due(now: Int64) -> Int64? {
        guard readyCount > 0 else { return nil }
        if readyCount >= batchSize || emptySize + readySize > payloadLimit { return 0 }
        return max(0, (firstArrival ?? now) + window - now)
    }

    mutating func hold(_ partitions: some Sequence<TopicPartition>) {
        held.formUnion(partitions)
        recount()
    }

    mutating func release(_ partitions: some Sequence<TopicPartition>, now: Int64) {
        held.subtract(partitions)
        recount()
        // They have waited long enough.
        if readyCount > 0, firstArrival == nil { firstArrival = now - window }
    }

    /// Forgets partitions that are another's now.
    mutating func drop(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions {
            queues[partition] = nil
            held.remove(partition)
            order.removeAll { $0 == partition }
        }
        recount()
    }

    /// Cuts the next batch. A record that does not fit into an event becomes a batch by itself.
    mutating func nextBatch(now: Int64) -> Batch {
        var runs: [Batch.Run] = []
        var count = 0
        var size = emptySize
        for partition in order where !held.contains(partition) {
            guard var queue = queues[partition], queue.count > 0, count < batchSize else { continue }
            var end = queue.head
            var grown = size + EventEnvelope.listSize(partition)
            while end < queue.records.count, count < batchSize {
                let next = grown + queue.records[end].json.count + 1
                guard next <= payloadLimit || count == 0 else { break }
                grown = next
                end += 1
                count += 1
            }
            guard end > queue.head else { break }
            runs.append(Batch.Run(partition: partition, records: Array(queue.records[queue.head..<end])))
            queue.size -= grown - size - EventEnvelope.listSize(partition)
            size = grown
            queue.head = end
            if queue.head == queue.records.count {
                queue.records.removeAll(keepingCapacity: true)
                queue.head = 0
            } else if queue.head > 20_000 {
                queue.records.removeFirst(queue.head)
                queue.head = 0
            }
            queues[partition] = queue
        }
        // The first one served goes to the end of the row.
        if let first = runs.first?.partition {
            order.removeAll { $0 == first }
            order.append(first)
        }
        recount()
        firstArrival = readyCount > 0 ? now : nil
        return Batch(runs)
    }

    private mutating func recount() {
        readyCount = 0
        readySize = 0
        for (partition, queue) in queues where !held.contains(partition) {
            readyCount += queue.count
            readySize += queue.size
        }
        if readyCount == 0 { firstArrival = nil }
    }
}
