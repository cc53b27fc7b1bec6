import Bytes
import KafkaEvent
import UTC

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The records of one invocation, sorted by where they go.
package final class Batch {
    private(set) var partitions: [PartitionBatch] = []
    // What changes with each record is not checked for overlapping access at run time (`exclusivity`): a batch lives
    // on one thread, no method hands one of these out while it changes it, and the checks would cost as much as the
    // rest of the book-keeping.
    @exclusivity(unchecked) package private(set) var recordCount = 0
    /// Records that cannot be rows; tombstones are no fault and are counted apart, wherever they go.
    private(set) var rejectedCount = 0
    @exclusivity(unchecked) private(set) var tombstoneCount = 0

    private let layout: ObjectLayout
    private let lines: RecordLines
    private let buffers: BufferPool
    private var byName: [TopicPartition: PartitionBatch] = [:]

    package init(_ configuration: IngestionConfiguration, _ buffers: BufferPool) {
        layout = configuration.layout
        self.buffers = buffers
        lines = RecordLines(configuration)
    }

    /// All drafts that hold a line.
    package var drafts: [ObjectDraft] { partitions.flatMap(\.drafts) }

    /// Gives the drafts' memory back. They must not be used any more.
    package func giveBack() {
        for partition in partitions { partition.giveBack() }
        partitions = []
    }

    /// Writes a line for each record that `events` has left, into the draft it belongs to.
    ///
    /// - Throws: `KafkaEventError`; `BatchError` where a record's place cannot be kept.
    package func add(_ events: inout KafkaEventReader) throws {
        var record = KafkaRecord()
        guard try events.next(&record) else { return }
        while true {
            let partition = try partitionBatch(of: record)
            repeat {
                let rows = try partition.draft(.rows, at: record.timestamp, layout)
                guard try addRun(from: &record, partition, rows, &events) else { return }
            } while partition.isOf(record)
        }
    }

    /// Records come in runs of one partition and period. Within a run nothing is looked up, and nothing retained or
    /// released, which with its atomic operations would cost as much as decoding the record does.
    ///
    /// - Parameter record: the run's first; then the first that belongs elsewhere.
    /// - Returns: whether there is such a one.
    private func addRun(
        from record: inout KafkaRecord, _ partition: PartitionBatch, _ rows: ObjectDraft,
        _ events: inout KafkaEventReader
    ) throws -> Bool {
        guard lines.addsMetadata else { return try addRun(from: &record, partition, rows, nil, &events) }
        let metadata = partition.metadata(withHeaders: lines.addsHeaders)
        return try addRun(from: &record, partition, rows, metadata, &events)
    }

    @inline(__always)
    private func addRun(
        from record: inout KafkaRecord, _ partition: PartitionBatch, _ rows: ObjectDraft, _ metadata: RowMetadata?,
        _ events: inout KafkaEventReader
    ) throws -> Bool {
        let body = rows.body
        repeat {
            try partition.advance(to: record.offset)
            recordCount += 1
            if let rejection = lines.appendRow(record, metadata, to: body) {
                try reject(record, rejection, partition)
            } else {
                if record.value == nil { noteTombstone(at: record.offset, rows) }
                rows.endLine(offset: record.offset, timestamp: record.timestamp)
            }
            guard try events.next(&record) else { return false }
        } while (record.continuesRun || partition.isOf(record)) && rows.period.contains(record.timestamp)
        return true
    }

    private func reject(_ record: borrowing KafkaRecord, _ rejection: Rejection, _ partition: PartitionBatch) throws(BatchError) {
        let errors = try partition.draft(.errors, at: record.timestamp, layout)
        if rejection == .tombstone {
            noteTombstone(at: record.offset, errors)
        } else {
            rejectedCount += 1
            errors.noteRejection(rejection, at: record.offset)
        }
        lines.appendRejected(record, partition.name, rejection, to: errors.body)
        errors.endLine(offset: record.offset, timestamp: record.timestamp)
    }

    @inline(never)
    private func noteTombstone(at offset: Int64, _ draft: ObjectDraft) {
        tombstoneCount += 1
        draft.noteTombstone(at: offset)
    }

    private func partitionBatch(of record: borrowing KafkaRecord) throws(BatchError) -> PartitionBatch {
        guard let topic = String(validating: record.topic, as: UTF8.self) else {
            throw .topicNotUTF8(position: record.position)
        }
        let name = TopicPartition(topic: topic, partition: record.partition)
        if let known = byName[name] { return known }
        let partition = PartitionBatch(name, topicBytes: record.topic, firstOffset: record.offset, buffers)
        byName[name] = partition
        partitions.append(partition)
        return partition
    }
}

/// What an invocation brought of one topic-partition.
final class PartitionBatch {
    let name: TopicPartition
    let firstOffset: Int64
    @exclusivity(unchecked) private(set) var lastOffset: Int64
    private let topicBytes: ByteBuffer
    private let buffers: BufferPool
    /// In the order of their periods, rows before errors. A partition has one or two as a rule.
    private var all: [ObjectDraft] = []
    private var knownMetadata: RowMetadata?

    init(
        _ name: TopicPartition, topicBytes: UnsafeRawBufferPointer, firstOffset: Int64, _ buffers: BufferPool
    ) {
        self.name = name
        self.buffers = buffers
        self.firstOffset = firstOffset
        lastOffset = firstOffset - 1
        self.topicBytes = ByteBuffer(capacity: topicBytes.count)
        self.topicBytes.append(topicBytes)
    }

    func metadata(withHeaders: Bool) -> RowMetadata {
        if let knownMetadata { return knownMetadata }
        let metadata = RowMetadata(name, addsHeaders: withHeaders)
        knownMetadata = metadata
        return metadata
    }

    /// Those that hold a line, the oldest period first.
    var drafts: [ObjectDraft] {
        all.filter { !$0.records.isEmpty }.sorted { $0.stem < $1.stem }
    }

    func giveBack() {
        for draft in all { buffers.giveBack(draft.body) }
        all = []
    }

    func isOf(_ record: borrowing KafkaRecord) -> Bool {
        guard name.partition == record.partition, topicBytes.count == record.topic.count,
            let topic = record.topic.baseAddress
        else { return false }
        return memcmp(topicBytes.base, topic, topicBytes.count) == 0
    }

    /// Kafka hands out a partition's records in the order of their offsets. Were one to come twice or too late, its
    /// object could not say which offsets it covers.
    func advance(to offset: Int64) throws(BatchError) {
        guard offset > lastOffset else { throw .outOfOrder(name, offset: offset, after: lastOffset) }
        lastOffset = offset
    }

    func draft(
        _ content: ObjectContent, at timestamp: EpochMilliseconds, _ layout: ObjectLayout
    ) throws(BatchError) -> ObjectDraft {
        let period = TimePeriod(of: timestamp, layout.timePartition)
        let place = place(of: content, period)
        if place < all.count, all[place].period == period, all[place].content == content { return all[place] }
        let draft = try newDraft(content, period, layout)
        all.insert(draft, at: place)
        return draft
    }

    /// Where the draft stands, or is to stand.
    private func place(of content: ObjectContent, _ period: TimePeriod) -> Int {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            let other = all[middle]
            if (other.period.start, other.content.rawValue) < (period.start, content.rawValue) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    private func newDraft(
        _ content: ObjectContent, _ period: TimePeriod, _ layout: ObjectLayout
    ) throws(BatchError) -> ObjectDraft {
        let folder = layout.folder(of: name.topic, period, content)
        let stem = layout.stem(of: name)
        // An offset's 20 digits, a timestamp's 20 with its dot, and the ending.
        guard folder.utf8.count + stem.utf8.count + 41 + layout.suffix.utf8.count <= ObjectLayout.maximumKeyLength else {
            throw .keyTooLong(name)
        }
        return ObjectDraft(name, content, period, folder: folder, stem: stem, body: buffers.take())
    }
}

/// A batch whose records cannot be given a place. The invocation fails, and nothing of it has been written.
package enum BatchError: Error, Equatable, CustomStringConvertible {
    case topicNotUTF8(position: Int)
    case outOfOrder(TopicPartition, offset: Int64, after: Int64)
    case keyTooLong(TopicPartition)

    package var description: String {
        switch self {
        case .topicNotUTF8(let position):
            "the topic of the record at byte \(position) of the event is not UTF-8"
        case .outOfOrder(let partition, let offset, let last):
            "\(partition)@\(offset) comes after \(partition)@\(last) in one batch: "
                + "offsets must rise, or no object could say which of them it holds"
        case .keyTooLong(let partition):
            // Too long to be shown whole, too.
            "the object keys of \(partition.topic.prefix(80))…-\(partition.partition) would be longer than the \(ObjectLayout.maximumKeyLength) bytes S3 allows: "
                + "shorten INGESTION_PREFIX or ERRORS_PREFIX, or take the topic out of the mapping"
        }
    }
}
