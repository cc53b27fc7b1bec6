import Bytes
import KafkaEvent
import Libc
import UTC

/// The records of one topic-partition in an invocation.
final class PartitionBatch {
    let name: TopicPartition
    let firstOffset: Int64
    @exclusivity(unchecked) private(set) var lastOffset: Int64
    private let topicBytes: ByteBuffer
    private let formats: ObjectFormats
    /// In the order of their periods, rows before errors. A partition has one or two as a rule.
    private var all: [ObjectDraft] = []
    private var knownMetadata: RowMetadata?

    init(
        _ name: TopicPartition, topicBytes: UnsafeRawBufferPointer, firstOffset: Int64, _ formats: ObjectFormats
    ) {
        self.name = name
        self.formats = formats
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
        all.filter { !$0.records.isEmpty }.sorted { $0.keyPrefix < $1.keyPrefix }
    }

    func recycleBuffers() {
        for draft in all { formats.buffers.recycle(draft.body) }
        all = []
    }

    func isOf(_ record: borrowing KafkaRecord) -> Bool {
        guard name.partition == record.partition, topicBytes.count == record.topic.count,
            let topic = record.topic.baseAddress
        else { return false }
        return memcmp(topicBytes.base, topic, topicBytes.count) == 0
    }

    /// Kafka delivers a partition's records in the order of their offsets. If one came twice or too late, its object
    /// could not say which offsets it covers.
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

    /// Where the draft is, or is to be inserted.
    private func place(of content: ObjectContent, _ period: TimePeriod) -> Int {
        all.partitionPoint { ($0.period.start, $0.content.rawValue) >= (period.start, content.rawValue) }
    }

    private func newDraft(
        _ content: ObjectContent, _ period: TimePeriod, _ layout: ObjectLayout
    ) throws(BatchError) -> ObjectDraft {
        let folder = layout.folder(of: name.topic, period, content)
        let keyPrefix = folder + layout.namePrefix(of: name)
        // An offset's 20 digits, a timestamp's 20 with its dot, and the ending.
        let length = keyPrefix.utf8.count + 41 + formats[content].suffix.utf8.count
        guard length <= ObjectLayout.maximumKeyLength else { throw .keyTooLong(name) }
        return ObjectDraft(name, content, period, folder: folder, keyPrefix: keyPrefix, body: formats.buffers.get())
    }
}
