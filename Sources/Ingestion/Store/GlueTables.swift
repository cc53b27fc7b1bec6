import AWSCore
import AWSGlue

/// One of Glue's databases as a `TableService`.
final class GlueTables: TableService {
    private let client: AWSClient
    private let database: String

    /// How long one question may take with all its attempts, in milliseconds: the other topics of the batch are stored
    /// meanwhile, but a silent Glue may not use up the time of an invocation, which is paid for.
    private static let patience: Int64 = 15_000

    init(_ client: AWSClient, database: String) {
        self.client = client
        self.database = database
    }

    func load(
        _ table: String, after delay: Int64, completion: @escaping (Result<GlueTable?, StoreFailure>) -> Void
    ) {
        let request = GetTable(database: database, table: table)
        client.submit(request, within: Self.patience, after: delay) { completion($0.mapError(StoreFailure.init)) }
    }

    func create(_ table: GlueTable, completion: @escaping (Result<TableAnswer, StoreFailure>) -> Void) {
        client.submit(CreateTable(database: database, table), within: Self.patience) { result in
            completion(Self.answer(result.map { $0 == .created }))
        }
    }

    func update(_ table: GlueTable, completion: @escaping (Result<TableAnswer, StoreFailure>) -> Void) {
        client.submit(UpdateTable(database: database, table), within: Self.patience) { result in
            completion(Self.answer(result.map { $0 == .updated }))
        }
    }

    /// What was refused for good is not tried again; all else may have happened, or may happen the next time. Where the
    /// invocation has no time left, the next question says so.
    private static func answer(_ result: Result<Bool, AWSFailure>) -> Result<TableAnswer, StoreFailure> {
        switch result {
        case .success(let isDone): return .success(isDone ? .done : .stale)
        case .failure(let failure):
            return switch failure.kind {
            case .conflict, .expiredCredentials, .clock, .deadline, .foreign, .throttled, .unavailable:
                .success(.unknown(StoreFailure(failure)))
            case .denied, .notFound, .credentials, .wrongRegion, .configuration, .proxy, .untrusted:
                .failure(StoreFailure(failure))
            }
        }
    }

    // MARK: Partitions

    func register(
        _ partitions: [GluePartition], in table: String, completion: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        let rest = partitions.dropFirst(BatchCreatePartition.limit)
        let request = BatchCreatePartition(
            database: database, table: table, Array(partitions.prefix(BatchCreatePartition.limit)))
        client.submit(request, within: Self.patience) { [self] result in
            let done = refusals(result, of: BatchCreatePartition.operation, table)
            guard case .success = done, !rest.isEmpty else { return completion(done) }
            register(Array(rest), in: table, completion: completion)
        }
    }

    func partitions(
        of table: String, page token: String?,
        completion: @escaping (Result<GetPartitions.Page, StoreFailure>) -> Void
    ) {
        let request = GetPartitions(database: database, table: table, nextToken: token)
        client.submit(request, within: Self.patience) { completion($0.mapError(StoreFailure.init)) }
    }

    func replace(
        _ partitions: [GluePartition], in table: String, completion: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        let request = BatchUpdatePartition(database: database, table: table, partitions)
        client.submit(request, within: Self.patience) { [self] result in
            completion(refusals(result, of: BatchUpdatePartition.operation, table))
        }
    }

    /// Names the first of the partitions that were refused.
    private func refusals(
        _ result: Result<[GluePartitionRefusal], AWSFailure>, of operation: AWSOperation, _ table: String
    ) -> Result<Void, StoreFailure> {
        result.mapError(StoreFailure.init).flatMap { refusals in
            guard let first = refusals.first else { return .success(()) }
            let more = refusals.count > 1 ? " (and \(refusals.count - 1) more)" : ""
            return .failure(
                StoreFailure(
                    description: "\(operation) table \(database).\(table): \(first)\(more)",
                    cause: "\(operation) \(first.code)"))
        }
    }
}
