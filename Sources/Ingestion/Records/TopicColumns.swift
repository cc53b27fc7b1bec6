import Bytes
import JSON
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
    /// Of a name in the log, in characters: it may be as long as the record.
    private static let longestName = 100

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

    /// Whether rows had so many names that `schema` lacks some.
    package var isCut: Bool { learned.isCut }

    /// The row that a table could not hold in this column: the first one, or after many changes within the batch one of
    /// the last.
    ///
    /// - Parameter type: what the table's column is; `nil` where it has none.
    package func place(of column: String, beyond type: ColumnType?) -> RecordPlace? {
        guard let index = learned.place(of: column), index < growth.count else { return nil }
        return growth[index].place(beyond: type ?? .null)
    }

    fileprivate func place(_ partition: Int32, _ offset: Int64) -> RecordPlace {
        RecordPlace(partition: TopicPartition(topic: topic, partition: partition), offset: offset)
    }

    fileprivate func learn(_ row: PaddedBytes, _ place: RecordPlace) {
        learned.learn(row) { column in
            while column >= growth.count { growth.append(ColumnGrowth()) }
            growth[column].note(place) { learned.column(column).type }
        } omitted: { name, reason in
            guard omitted.count < Self.mostOmitted else { return }
            let name = name.utf8.count > Self.longestName ? name.prefix(Self.longestName) + "…" : name
            guard !omitted.contains(where: { $0.name == name }) else { return }
            omitted.append(OmittedMember(name: name, reason: reason, place: place))
        }
    }

    /// Of rows that all have the same one column, which holds text.
    fileprivate func learnOnlyColumn(_ name: StaticString, _ place: RecordPlace) {
        guard growth.isEmpty else { return }
        let row = ByteBuffer()
        row.append("{\"\(name)\":\"\"}")
        withExtendedLifetime(row) { learn(row.padded, place) }
    }
}

/// Learns from the rows of one partition, for their topic.
///
/// Its references are not counted, which for each record would cost as much as the comparison itself. They are valid as
/// long as the batch that made it: it keeps the columns of its topics, and hands a learner to its own methods alone.
struct RowLearner {
    private let columns: Unmanaged<TopicColumns>
    private let shapes: Unmanaged<ShapeMemory>
    private let partition: Int32

    init(_ columns: TopicColumns, partition: Int32) {
        self.columns = .passUnretained(columns)
        shapes = .passUnretained(columns.shapes)
        self.partition = partition
    }

    /// Checks a row in place of the memory that all topics share: kinds of values are each topic's own.
    /// - Returns: what `ShapeMemory.checkForNews` does; where there is news, it has been learned.
    @inline(__always)
    func check(_ row: PaddedBytes, _ offset: Int64, maximumDepth: Int) -> (JSONVerdict, ShapeFault?) {
        let (verdict, fault, hasNews) = shapes._withUnsafeGuaranteedRef {
            $0.checkForNews(row, maximumDepth: maximumDepth)
        }
        if hasNews { learn(row, offset) }
        return (verdict, fault)
    }

    @inline(never)
    private func learn(_ row: PaddedBytes, _ offset: Int64) {
        columns._withUnsafeGuaranteedRef { $0.learn(row, $0.place(partition, offset)) }
    }

    func learnOnlyColumn(_ name: StaticString, _ offset: Int64) {
        columns._withUnsafeGuaranteedRef { $0.learnOnlyColumn(name, $0.place(partition, offset)) }
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
