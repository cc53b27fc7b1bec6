import Bytes
import KafkaEvent
import RecordShape
import TableSchema

/// Where a record is in its topic.
package struct RecordPlace: Hashable, Sendable, CustomStringConvertible {
    package var partition: TopicPartition
    package var offset: Int64

    package var description: String { "\(partition)@\(offset)" }
}

/// The columns that the rows of one topic in a batch need, and which row brought them.
package final class TopicColumns {
    package let topic: String
    fileprivate let shapes: ShapeMemory
    private let learned: LearnedColumns
    private var growth: [ColumnGrowth] = []
    /// Members that have no column in the table, the first ones.
    package private(set) var omitted: [OmittedMember] = []

    private static let mostOmitted = 8

    package struct OmittedMember: Sendable {
        /// As readers would know it.
        package var name: String
        package var reason: LearnedColumns.Omission
        package var place: RecordPlace
    }

    init(_ topic: String, _ configuration: IngestionConfiguration) {
        self.topic = topic
        let reserved = RecordLines.reservedNames(configuration)
        shapes = ShapeMemory(reserved: reserved, noticesScalars: true)
        // A dot in a name may make one of these of another name.
        learned = LearnedColumns(reserved: reserved.flatMap { $0 })
    }

    /// What the table must hold before the first of these rows is written; without the columns of `RECORD_METADATA`.
    package var schema: RowSchema { learned.schema }

    /// The row that a table could not hold in this column: the first one, or after many changes within the batch one of
    /// the last.
    ///
    /// - Parameter type: what the table's column is; `nil` where it has none.
    package func place(of column: String, beyond type: ColumnType?) -> RecordPlace? {
        guard let index = (0..<growth.count).first(where: { learned.column($0).name == column }) else { return nil }
        return growth[index].place(beyond: type ?? .null)
    }

    fileprivate func learn(_ row: PaddedBytes, _ place: RecordPlace) {
        learned.learn(row) { column in
            while column >= growth.count { growth.append(ColumnGrowth()) }
            growth[column].note(place) { learned.column(column).type }
        } omitted: { name, reason in
            guard omitted.count < Self.mostOmitted, !omitted.contains(where: { $0.name == name }) else { return }
            omitted.append(OmittedMember(name: name, reason: reason, place: place))
        }
    }

    /// Of rows that all have the same one column, which holds text.
    fileprivate func learnOnlyColumn(_ name: StaticString, _ place: RecordPlace) {
        guard growth.isEmpty else { return }
        let row = ByteBuffer()
        row.append("{\"\(name)\":\"\"}")
        learn(row.padded, place)
    }
}

/// Learns from the rows of one partition, for their topic.
final class RowLearner {
    /// Judges names as well, in place of those that all topics share: kinds of values are each topic's own.
    let shapes: ShapeMemory
    private let columns: TopicColumns
    private let partition: TopicPartition

    init(_ columns: TopicColumns, _ partition: TopicPartition) {
        shapes = columns.shapes
        self.columns = columns
        self.partition = partition
    }

    /// - Parameter row: one of which `shapes` says that it has news, as it was then.
    @inline(never)
    func learn(_ row: PaddedBytes, _ offset: Int64) {
        columns.learn(row, RecordPlace(partition: partition, offset: offset))
    }

    func learnOnlyColumn(_ name: StaticString, _ offset: Int64) {
        columns.learnOnlyColumn(name, RecordPlace(partition: partition, offset: offset))
    }
}

/// How a column came to its type.
private struct ColumnGrowth {
    private var steps: [(type: ColumnType, place: RecordPlace)] = []
    private var last: RecordPlace?

    /// A scalar takes fewer; an object whose names are data takes hundreds.
    private static let mostSteps = 8

    mutating func note(_ place: RecordPlace, _ type: () -> ColumnType) {
        last = place
        if steps.count < Self.mostSteps { steps.append((type(), place)) }
    }

    func place(beyond type: ColumnType) -> RecordPlace? {
        steps.first { !type.contains($0.type) }?.place ?? last
    }
}
