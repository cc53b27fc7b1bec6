import AWSGlue

/// What the catalog needs of Glue, in one database. Answers come at once, or while the store's `run` runs.
protocol TableService: AnyObject {
    /// - Parameter delay: milliseconds to wait first.
    func load(
        _ table: String, after delay: Int64, completion: @escaping (Result<GlueTable?, StoreFailure>) -> Void)

    func create(_ table: GlueTable, completion: @escaping (Result<TableAnswer, StoreFailure>) -> Void)

    /// Replaces the definition of the version that `table` was made from.
    func update(_ table: GlueTable, completion: @escaping (Result<TableAnswer, StoreFailure>) -> Void)

    /// - Parameter partitions: any number of them; those that are registered already stay as they are.
    func register(
        _ partitions: [GluePartition], in table: String, completion: @escaping (Result<Void, StoreFailure>) -> Void)

    /// - Parameter token: of the page before; `nil` for the first one.
    func partitions(
        of table: String, page token: String?,
        completion: @escaping (Result<GetPartitions.Page, StoreFailure>) -> Void)

    /// - Parameter partitions: at most as many as a page has.
    func replace(
        _ partitions: [GluePartition], in table: String, completion: @escaping (Result<Void, StoreFailure>) -> Void)
}

enum TableAnswer: Equatable {
    case done
    /// Somebody else was first; nothing was changed.
    case stale
    /// The answer is lost, or it was an error that may have come after the change: it has happened or not.
    case unknown(StoreFailure)
}
