import AWSGlue
import TableSchema

/// Brings one topic's table to what a batch needs, before the batch's objects are written: a reader never meets an
/// object that the table cannot read.
///
/// The table is loaded, widened as it is *there*, and written back if it is still that version: compare and swap. Where
/// somebody else was first, or the answer was lost, it is loaded again and looked at. So no sandbox takes back what
/// another one has added, whoever dies when.
final class TableTask {
    private(set) var wanted: WantedTable
    private let layout: TableLayout
    private let service: any TableService
    private let today: Day
    private let oldestDay: OldestDay
    private var knowsOldestDay = false
    /// What is known once it is done.
    private(set) var result: Result<KnownTable, StoreFailure>?
    private(set) var outcome = CatalogOutcome.known
    /// What this task changed.
    private(set) var changes: [ColumnChange] = []
    private var waiting: [(Result<Void, StoreFailure>) -> Void] = []
    private var rounds = 0
    private var lastFailure: StoreFailure?
    /// What the sandbox knew of the table: it may have been deleted since, and its objects are still there.
    private let remembered: RowSchema
    private var folders: [TableFolder]

    /// Each is lost to another sandbox, or to an answer that did not come. They take half a minute at most.
    private static let mostRounds = 20
    /// Milliseconds.
    private static let longestDelay: Int64 = 2_000

    /// - Parameter folders: those that have to be registered as partitions.
    init(
        _ wanted: WantedTable, _ folders: [TableFolder], _ layout: TableLayout, _ service: any TableService,
        _ oldestDay: OldestDay, today: Day, remembered: RowSchema
    ) {
        self.oldestDay = oldestDay
        self.wanted = wanted
        self.folders = folders
        self.layout = layout
        self.service = service
        self.today = today
        self.remembered = remembered
    }

    /// Asks Glue for the table first, also where only folders are to be registered: a partition gets the columns that
    /// the table has now, and not those that it had when the sandbox last looked.
    func start() { load() }

    /// Runs `work` once the table is ready for the batch's rows, or cannot be made ready.
    func whenDone(_ work: @escaping (Result<Void, StoreFailure>) -> Void) {
        if let result { work(result.map { _ in }) } else { waiting.append(work) }
    }

    private func finish(_ result: Result<KnownTable, StoreFailure>) {
        guard self.result == nil else { return }
        self.result = result
        for work in waiting { work(result.map { _ in }) }
        waiting = []
    }

    private func fail(_ failure: StoreFailure) {
        outcome = .notReady
        let text = "table \(layout.database).\(wanted.name) could not be given the columns that these rows need: "
        finish(.failure(StoreFailure(description: text + failure.description, cause: failure.cause)))
    }
}

// MARK: Compare and swap

extension TableTask {
    private func load() {
        let limit = min(Self.longestDelay, 50 << Int64(min(rounds, 10)))
        let delay = rounds == 0 ? 0 : Int64.random(in: 0...limit)
        service.load(wanted.name, after: delay) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(nil): withOldestDay { self.create() }
            case .success(let table?) where layout.lacksProjection(table): withOldestDay { self.look(at: table) }
            case .success(let table?): look(at: table)
            }
        }
    }

    private func loadAgain(_ answer: TableAnswer) {
        if case .unknown(let failure) = answer { lastFailure = failure }
        rounds += 1
        guard rounds < Self.mostRounds else {
            let busy = "other writers changed it \(rounds) times in a row between reading and updating it"
            return fail(lastFailure ?? StoreFailure(description: busy, cause: "contention"))
        }
        load()
    }

    /// Objects of older days may be there already: of the time before the table, or of its being a crawler's.
    private func withOldestDay(_ next: @escaping () -> Void) {
        guard let column = layout.partitionColumns.first, !knowsOldestDay else { return next() }
        oldestDay.find(in: wanted.folder, column) { [self] result in
            switch result {
            case .failure(let failure): return fail(failure)
            case .success(let day?) where ProjectedDays.holds(day, today: today):
                let days = wanted.days ?? day...day
                wanted.days = min(day, days.lowerBound)...max(day, days.upperBound)
            case .success: break
            }
            knowsOldestDay = true
            next()
        }
    }

    private func create() {
        var columns = WiderColumns(
            columns: [], schema: RowSchema().merged(with: wanted.columns).merged(with: remembered))
        columns.columns = columns.schema.fields.compactMap { field in
            field.type.hive.map { GlueColumn(field.name, $0) }
        }
        columns.changes = columns.columns.map { ColumnChange(column: $0.name, from: nil, to: $0.type) }
        columns.stored = columns.schema.stored
        let table = layout.table(for: wanted, columns, today: today)
        service.create(table) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(.done):
                outcome = .created
                changes = columns.changes
                register(KnownTable(table, columns.schema, layout))
            case .success(let answer): loadAgain(answer)
            }
        }
    }

    private func look(at table: GlueTable) {
        if let objection = layout.objection(to: table, for: wanted) {
            return fail(StoreFailure(description: objection, cause: "another table"))
        }
        let columns = TableColumns(table)
        var (changed, wider) = (table, WiderColumns(columns: table.storage.columns, schema: columns.known))
        // Those of a crawler's table become wider with its first update, and with it become the function's.
        let needed = wanted.isCut ? wanted.columns.merged(with: columns.unseen(in: wanted.columns)) : wanted.columns
        if !columns.known.contains(needed) || columns.isCrawlers {
            wider = columns.widened(to: needed)
            changed.storage.columns = wider.columns
            changed.parameters[TableColumns.parameter] = wider.stored
        }
        if columns.isCrawlers { layout.adopt(&changed) }
        layout.project(wanted.days, in: &changed, today: today)
        if wider.changesTypes, changed.parameters[TableLayout.partitionsParameter] != nil {
            changed.parameters[TableLayout.partitionsParameter] = TableLayout.partitionsAreBehind
        }
        let known = KnownTable(changed, wider.schema, layout)
        guard changed != table else { return catchUp(known) }
        service.update(changed) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(.done):
                outcome = .widened
                changes = wider.changes
                catchUp(known)
            case .success(let answer): loadAgain(answer)
            }
        }
    }
}

// MARK: Registered partitions

extension TableTask {
    /// Gives the partitions that are registered the table's types, where somebody has changed those.
    private func catchUp(_ known: KnownTable) {
        guard layout.registersPartitions, !known.partitionsAreCurrent else { return register(known) }
        PartitionRewrite(service, wanted.name, known.storage.columns).start { [self] result in
            if case .failure(let failure) = result { return fail(failure) }
            register(known)
            noteCurrent(known)
        }
    }

    /// Says in the table that its partitions are current, if nobody has changed its columns meanwhile. Where that fails
    /// the next sandbox looks through the partitions again, which is all.
    private func noteCurrent(_ known: KnownTable) {
        service.load(wanted.name, after: 0) { [self] result in
            guard case .success(var table?) = result, table.storage.columns == known.storage.columns else { return }
            table.parameters[TableLayout.partitionsParameter] = TableLayout.partitionsAreCurrent
            service.update(table) { _ in }
        }
    }

    private func register(_ known: KnownTable) {
        guard layout.registersPartitions, !folders.isEmpty else { return finish(.success(known)) }
        let partitions = folders.map { folder in
            var storage = known.storage
            storage.location = wanted.location + folder.key.dropFirst(folder.topicFolder.count)
            return GluePartition(values: folder.partitionValues, storage: storage)
        }
        service.register(partitions, in: wanted.name) { [self] result in
            if case .failure(let failure) = result { return fail(failure) }
            var known = known
            known.registered = Set(folders.map(\.key))
            confirm(known)
        }
    }

    /// Somebody may have widened the table after it was read, and have gone through the partitions before these were
    /// among them. They would keep their types for good, and readers of partitions would fail.
    private func confirm(_ known: KnownTable) {
        service.load(wanted.name, after: 0) { [self] result in
            switch result {
            case .failure(let failure): fail(failure)
            case .success(let table?) where PartitionRewrite.differs(known.storage.columns, table.storage.columns):
                var known = known
                known.storage.columns = table.storage.columns
                rounds += 1
                guard rounds < Self.mostRounds else { return finish(.success(known)) }
                PartitionRewrite(service, wanted.name, table.storage.columns).start { [self] result in
                    if case .failure(let failure) = result { return fail(failure) }
                    confirm(known)
                }
            case .success: finish(.success(known))
            }
        }
    }
}
