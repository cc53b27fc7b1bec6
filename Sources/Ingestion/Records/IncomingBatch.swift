import Bytes
import KafkaEvent
import UTC

/// The records of one invocation, grouped by destination.
package final class IncomingBatch {
    private(set) var partitions: [PartitionBatch] = []
    // What changes with each record is not checked for overlapping access at run time (`exclusivity`): a batch lives
    // on one thread, no method hands one of these out while it changes it, and the checks would cost as much as the
    // rest of the book-keeping.
    @exclusivity(unchecked) package private(set) var recordCount = 0
    /// Records that cannot become rows; tombstones are not faults and are counted separately, wherever they go.
    private(set) var rejectedCount = 0
    @exclusivity(unchecked) private(set) var tombstoneCount = 0

    private let configuration: IngestionConfiguration
    private let learnsColumns: Bool
    private let layout: ObjectLayout
    private let lines: RecordLines
    private let formats: ObjectFormats
    private var byName: [TopicPartition: PartitionBatch] = [:]
    private var columns: [String: TopicColumns] = [:]

    /// - Parameter learnsColumns: whether it learns which columns its rows need; `nil` for what the configuration says.
    package init(_ configuration: IngestionConfiguration, _ formats: ObjectFormats, learnsColumns: Bool? = nil) {
        self.configuration = configuration
        self.learnsColumns = learnsColumns ?? configuration.learnsColumns
        layout = configuration.layout
        self.formats = formats
        lines = RecordLines(configuration)
    }

    /// All drafts that hold a line.
    package var drafts: [ObjectDraft] { partitions.flatMap(\.drafts) }

    /// The columns that the rows of a topic need; `nil` where they are not learned.
    package func columns(of topic: String) -> TopicColumns? { columns[topic] }

    /// Returns the drafts' buffers to the pool. The drafts must not be used afterwards.
    package func recycleBuffers() {
        for partition in partitions { partition.recycleBuffers() }
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
    /// - Returns: whether there is another run.
    private func addRun(
        from record: inout KafkaRecord, _ partition: PartitionBatch, _ rows: ObjectDraft,
        _ events: inout KafkaEventReader
    ) throws -> Bool {
        if learnsColumns { return try addLearnedRun(from: &record, partition, rows, &events) }
        guard lines.addsMetadata else { return try addRun(from: &record, partition, rows, nil, nil, &events) }
        return try addRunWithMetadata(from: &record, partition, rows, &events)
    }

    // One function for each, as only one call of `addRun` in a function is put into it.

    @inline(never)
    private func addRunWithMetadata(
        from record: inout KafkaRecord, _ partition: PartitionBatch, _ rows: ObjectDraft,
        _ events: inout KafkaEventReader
    ) throws -> Bool {
        let metadata = partition.metadata(withHeaders: lines.addsHeaders)
        return try addRun(from: &record, partition, rows, metadata, nil, &events)
    }

    @inline(never)
    private func addLearnedRun(
        from record: inout KafkaRecord, _ partition: PartitionBatch, _ rows: ObjectDraft,
        _ events: inout KafkaEventReader
    ) throws -> Bool {
        let learner = RowLearner(columns(for: partition.name.topic), partition: partition.name.partition)
        let metadata = lines.addsMetadata ? partition.metadata(withHeaders: lines.addsHeaders) : nil
        return try addRun(from: &record, partition, rows, metadata, learner, &events)
    }

    private func columns(for topic: String) -> TopicColumns {
        if let known = columns[topic] { return known }
        let made = TopicColumns(topic, configuration)
        columns[topic] = made
        return made
    }

    /// Once for rows with metadata and once for rows without, so that neither asks for each record which it is; and
    /// once for rows that are learned from.
    @inline(__always)
    private func addRun(
        from record: inout KafkaRecord, _ partition: PartitionBatch, _ rows: ObjectDraft, _ metadata: RowMetadata?,
        _ learner: RowLearner?, _ events: inout KafkaEventReader
    ) throws -> Bool {
        let body = rows.body
        repeat {
            try partition.advance(to: record.offset)
            recordCount += 1
            if let rejection = lines.appendRow(record, metadata, learner, to: body) {
                try reject(record, rejection, partition)
            } else {
                if record.value == nil { noteTombstone(at: record.offset, rows) }
                rows.endLine(offset: record.offset, timestamp: record.timestamp)
            }
            guard try events.next(&record) else { return false }
        } while (record.continuesRun || partition.isOf(record)) && rows.period.contains(record.timestamp)
        return true
    }

    private func reject(
        _ record: borrowing KafkaRecord, _ rejection: Rejection, _ partition: PartitionBatch
    ) throws(BatchError) {
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
        let partition = PartitionBatch(name, topicBytes: record.topic, firstOffset: record.offset, formats)
        byName[name] = partition
        partitions.append(partition)
        return partition
    }
}
