import Bytes
import JSON
import UTC

/// The outcome of a batch.
struct BatchOutcome {
    var recordCount: Int
    /// Without tombstones.
    var rejectedCount: Int
    var tombstoneCount: Int
    var objectCount: Int
    var byteCount: Int
    /// Records that were stored before this delivery.
    var alreadyStoredCount: Int
    var catalog: CatalogOutcome = .off
    var milliseconds: Int64 = 0
    /// Counted when it is asked for, which is where there are metrics.
    var topics: [TopicOutcome] { TopicOutcome.all(placements, storedAt: storedAt) }
    private let placements: [ObjectPlacement]
    /// When everything that could be stored was stored.
    var storedAt: EpochMilliseconds
    /// What the batch brought: each partition with its first and its last offset.
    var partitions: [(name: TopicPartition, firstOffset: Int64, lastOffset: Int64)]
    /// The partitions of which something is not stored, each with the first offset that is not.
    var unwritten: [Unwritten]

    struct Unwritten {
        var partition: TopicPartition
        var firstOffset: Int64
        var failure: StoreFailure
    }

    init(_ batch: IncomingBatch, _ placements: [ObjectPlacement], storedAt: EpochMilliseconds) {
        self.placements = placements
        self.storedAt = storedAt
        partitions = batch.partitions.map { ($0.name, $0.firstOffset, $0.lastOffset) }
        recordCount = batch.recordCount
        rejectedCount = batch.rejectedCount
        tombstoneCount = batch.tombstoneCount
        let created = placements.flatMap(\.created)
        objectCount = created.count
        byteCount = created.reduce(0) { $0 + $1.byteCount }
        alreadyStoredCount = placements.reduce(0) { $0 + $1.alreadyStoredCount }
        var missing: [TopicPartition: Unwritten] = [:]
        for placement in placements {
            guard let offset = placement.firstMissingOffset else { continue }
            let partition = placement.draft.topicPartition
            if let known = missing[partition], known.firstOffset <= offset { continue }
            missing[partition] = Unwritten(
                partition: partition, firstOffset: offset,
                failure: placement.failure ?? StoreFailure(description: "the store did not respond", cause: "silence"))
        }
        unwritten = batch.partitions.compactMap { missing[$0.name] }
    }

    /// `{"batchItemFailures":[…]}` as the mapping reads it with `ReportBatchItemFailures`: each failed partition at
    /// its first offset that is not durably written. An empty list means that everything is done.
    func appendBatchItemFailures(to response: ByteBuffer) {
        response.append("{\"batchItemFailures\":[")
        for (index, item) in unwritten.enumerated() {
            if index > 0 { response.append(",") }
            response.append("{\"itemIdentifier\":{\"partition\":")
            JSONWriter.appendString(item.partition.description, to: response)
            response.append(",\"offset\":")
            response.append(decimal: item.firstOffset)
            response.append("}}")
        }
        response.append("]}")
    }

    /// - Throws: `IngestionFailure` unless everything is stored.
    func appendSummaryIfStored(to response: ByteBuffer) throws(IngestionFailure) {
        guard unwritten.isEmpty else { throw IngestionFailure(causes: causes) }
        appendSummary(to: response)
    }

    /// The response when everything is stored. A mapping without `ReportBatchItemFailures` drops it; one with it reads
    /// the empty list and considers the batch done, whatever `PARTIAL_BATCH_RESPONSE` says; the figures are for
    /// invocations by hand.
    private func appendSummary(to response: ByteBuffer) {
        let numbers: [(StaticString, Int)] = [
            ("{\"batchItemFailures\":[],\"records\":", recordCount), (",\"objects\":", objectCount),
            (",\"bytes\":", byteCount),
            (",\"alreadyStored\":", alreadyStoredCount), (",\"quarantined\":", rejectedCount),
            (",\"tombstones\":", tombstoneCount),
        ]
        for (name, number) in numbers {
            response.append(name)
            response.append(decimal: Int64(number))
        }
        response.append(",\"")
        response.append(catalog.label)
        response.append("\":")
        JSONWriter.appendString(catalog.rawValue, to: response)
        response.append("}")
    }
}
