import AWSGlue
import TableSchema

/// What a sandbox knows of a topic's table: as long as a batch needs nothing else, nothing is asked.
struct KnownTable {
    /// What rows may hold.
    var columns: RowSchema
    /// `nil` where the days are not projected, or not as this function does it.
    var days: ProjectedDays?
    /// What is registered partitions are made of.
    var storage: GlueStorage
    var partitionsAreCurrent: Bool
    /// Whether Athena finds new folders without their being registered.
    var findsFolders: Bool
    /// Keys of the folders that were registered.
    var registered: Set<String> = []

    init(_ table: GlueTable, _ columns: RowSchema, _ layout: TableLayout) {
        self.columns = columns
        days = layout.days(of: table)
        storage = table.storage
        partitionsAreCurrent =
            table.parameters[TableLayout.partitionsParameter] == TableLayout.partitionsAreCurrent
        findsFolders =
            layout.partitionColumns.isEmpty || layout.registersPartitions || layout.isProjected(table)
    }

    func suffices(for wanted: WantedTable, today: Day) -> Bool {
        !wanted.isCut && columns.contains(wanted.columns) && days?.covers(wanted.days, today: today) ?? true
    }
}
