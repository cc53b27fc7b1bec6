import Logging
import TableSchema
import UTC

/// The tables that the function keeps itself, one for each topic: a row can be queried as soon as its object is there.
///
/// A batch whose columns, days and folders the sandbox has met before asks Glue nothing. For another one the table is
/// loaded and, where it lacks anything, widened, all topics side by side and beside the placement's own questions; the
/// topic's objects wait for it. Where it cannot be done, that topic's records are not stored: they are delivered again.
///
/// Nothing is ever deleted.
final class GlueCatalog: TableCatalog {
    private let layout: TableLayout
    private let bucket: String
    private let metadata: RowSchema
    private let service: any TableService
    private let oldestDay: OldestDay
    private let now: () -> EpochMilliseconds
    /// By topic.
    private var known: [String: KnownTable] = [:]
    /// Of the batch that is being stored, by topic.
    private var tasks: [String: TableTask] = [:]
    /// The topics of its folders, by their keys.
    private var topics: [String: String] = [:]
    private var tables: [BatchTable] = []
    /// Topics, and members of their rows, of which the log has said what is peculiar about them.
    private var remarked: Set<String> = []

    /// Beyond, all are asked for again. A function has a handful of topics.
    private static let mostTables = 1_000
    /// Of all tables; beyond, they are registered again, which does nothing.
    private static let mostFolders = 10_000

    /// - Parameter now: the wall clock.
    init(
        _ glue: GlueConfiguration, _ configuration: IngestionConfiguration, _ service: any TableService,
        _ oldestDay: OldestDay, now: @escaping () -> EpochMilliseconds = Clock.now
    ) {
        layout = TableLayout(
            database: glue.database, partitionColumns: configuration.layout.usedPartitionColumns,
            registersPartitions: glue.registersPartitions)
        bucket = configuration.bucket
        metadata = RowSchema.metadata(configuration.recordMetadata, configuration.tombstones)
        self.service = service
        self.oldestDay = oldestDay
        self.now = now
    }

    func prepare(for tables: [BatchTable], _ survey: KeySurvey) {
        self.tables = tables
        tasks = [:]
        topics = [:]
        let today = Day(of: now())
        for table in tables {
            for folder in table.folders { topics[folder.key] = table.topic }
            start(table, today: today)
        }
    }

    private func start(_ table: BatchTable, today: Day) {
        let wanted = wanted(table, today: today)
        let known = known[table.topic]
        let folders = layout.registersPartitions && !layout.partitionColumns.isEmpty ? table.folders : []
        let unregistered = folders.filter { known?.registered.contains($0.key) != true }
        let isKnown = known?.suffices(for: wanted, today: today) ?? false
        guard !isKnown || !unregistered.isEmpty else { return }
        let task = TableTask(
            wanted, unregistered, layout, service, oldestDay, today: today,
            remembered: known?.columns ?? RowSchema())
        tasks[table.topic] = task
        task.start()
    }

    private func wanted(_ table: BatchTable, today: Day) -> WantedTable {
        let days = table.folders.compactMap(\.day).filter { ProjectedDays.holds($0, today: today) }
        let range = days.min().flatMap { first in days.max().map { first...$0 } }
        return WantedTable(
            topic: table.topic, name: TableName.name(of: table.topic), folder: table.folder,
            location: "s3://\(bucket)/\(table.folder)", columns: table.columns.adding(metadata),
            isCut: table.isCut, days: range)
    }

    func whenReady(_ folder: String, _ write: @escaping (Result<Void, StoreFailure>) -> Void) {
        guard let task = topics[folder].flatMap({ tasks[$0] }) else { return write(.success(())) }
        task.whenDone(write)
    }

    func update(_ stored: StoredRows, _ logger: Logger) -> CatalogOutcome {
        for table in tables {
            if let task = tasks[table.topic] { remember(task) }
            log(table, logger)
        }
        let outcomes = tasks.values.map(\.outcome)
        tasks = [:]
        tables = []
        return [.notReady, .created, .widened].first(where: outcomes.contains) ?? .known
    }

    private func remember(_ task: TableTask) {
        // What failed is asked for again: it may have been done all the same.
        guard case .success(var table) = task.result else { return }
        if let before = known[task.wanted.topic] { table.registered.formUnion(before.registered) }
        if known.count >= Self.mostTables { known.removeAll() }
        if known.values.reduce(table.registered.count, { $0 + $1.registered.count }) > Self.mostFolders {
            for topic in known.keys { known[topic]?.registered = [] }
            table.registered = []
        }
        known[task.wanted.topic] = table
    }
}

// MARK: What the log says

extension GlueCatalog {
    /// How many lines one batch writes of one table.
    private static let mostLines = 500
    /// Of members without a column, how many a sandbox mentions.
    private static let mostRemarks = 1_000

    private func log(_ table: BatchTable, _ logger: Logger) {
        if let task = tasks[table.topic], !task.changes.isEmpty { log(task, table, logger) }
        let today = Day(of: now())
        if !layout.partitionColumns.isEmpty,
            let folder = table.folders.first(where: { $0.day.map { !ProjectedDays.holds($0, today: today) } ?? false })
        {
            logger.warning(
                """
                rows are in a folder outside the table's projected range, where Athena does not see them: their \
                timestamps are years off; check the producer's clock and unit (milliseconds)
                """,
                metadata: ["folder": "s3://\(bucket)/\(folder.key)", "table": "\(name(of: table))"])
        }
        for member in table.omitted where remarked.count < Self.mostRemarks {
            guard remarked.insert("\(table.topic)/\(member.name)").inserted else { continue }
            logger.warning(
                "a field of these rows has no column: \(Self.reason(member.reason))",
                metadata: [
                    "table": "\(name(of: table))", "member": .string(member.name), "record": "\(member.place)",
                ])
        }
        guard let known = known[table.topic], remarked.insert(table.topic).inserted else { return }
        if !known.findsFolders {
            logger.warning(
                """
                table \(name(of: table)) has projection.enabled=false, so Athena finds no new folders: remove that \
                property, or set GLUE_PARTITIONS=true
                """)
        }
        if known.columns.isFull {
            logger.warning(
                """
                table \(name(of: table)) has \(RowSchema.mostColumns) columns, which is the limit: further fields \
                are stored but get no column
                """)
        }
    }

    private static func reason(_ omission: LearnedColumns.Omission) -> String {
        switch omission {
        case .tooMany: "the batch has more than \(LearnedColumns.mostNames) names"
        case .name: "Glue or a SerDe does not accept its name"
        }
    }

    /// Each new or widened column, with the record that brought it.
    private func log(_ task: TableTask, _ table: BatchTable, _ logger: Logger) {
        if task.outcome == .created {
            logger.info("created table \(name(of: table)) for \(task.wanted.location)")
        }
        for change in task.changes.prefix(Self.mostLines) {
            var metadata: Logger.Metadata = [
                "table": "\(name(of: table))", "column": .string(change.column), "type": .string(change.to),
            ]
            if let from = change.from { metadata["was"] = .string(from) }
            if let place = table.place(change.column, change.from.flatMap(ColumnType.init(hive:))) {
                metadata["record"] = .string(place)
            }
            logger.info(change.from == nil ? "new column" : "widened column", metadata: metadata)
        }
    }

    private func name(of table: BatchTable) -> String { "\(layout.database).\(TableName.name(of: table.topic))" }
}
