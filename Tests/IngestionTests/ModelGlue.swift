import AWSGlue
import Bytes
import JSON
import TableSchema

@testable import AWSGlue
@testable import Ingestion

/// Glue as AWS has it: versions count from 0, an update replaces the definition and is refused for another version than
/// the last one, and so is a second table of one name.
final class ModelGlue {
    private(set) var tables: [String: GlueTable] = [:]
    /// Of each table, by their values.
    private(set) var partitions: [String: [String: GluePartition]] = [:]
    /// Called with each definition that replaces another.
    var onChange: (_ old: GlueTable?, _ new: GlueTable) -> Void = { _, _ in }

    func create(_ table: GlueTable) -> TableAnswer {
        guard tables[table.name] == nil else { return .stale }
        put(table, version: 0)
        return .done
    }

    func update(_ table: GlueTable) -> TableAnswer {
        guard let old = tables[table.name], old.versionID == table.versionID, let version = Int(old.versionID) else {
            return .stale
        }
        put(table, version: version + 1)
        return .done
    }

    /// By hand: what somebody does in the console.
    func change(_ name: String, _ change: (inout GlueTable) -> Void) {
        guard var table = tables[name] else { return }
        change(&table)
        _ = update(table)
    }

    func put(_ table: GlueTable, version: Int = 0) {
        let old = tables[table.name]
        // As it comes back from Glue: read from text.
        let body = ByteBuffer()
        table.appendInput(to: body)
        tables[table.name] = modelTable(body.text)?.with(versionID: "\(version)")
        if let new = tables[table.name] { onChange(old, new) }
    }

    func delete(_ name: String) { tables[name] = nil }

    func register(_ partition: GluePartition, in table: String, replaces: Bool) {
        let key = partition.values.joined(separator: "/")
        if replaces || partitions[table]?[key] == nil { partitions[table, default: [:]][key] = partition }
    }

    func page(of table: String, after token: String?) -> GetPartitions.Page {
        let keys = (partitions[table] ?? [:]).keys.sorted().filter { key in token.map { key > $0 } ?? true }
        let shown = keys.prefix(3)
        return GetPartitions.Page(
            partitions: shown.compactMap { partitions[table]?[$0] },
            nextToken: keys.count > shown.count ? shown.last : nil)
    }
}

/// - Parameter json: a table as GetTable tells it.
func modelTable(_ json: String) -> GlueTable? {
    let text = ByteBuffer()
    text.append(json)
    return withExtendedLifetime(text) {
        var cursor = JSONCursor(text.padded)
        return try? GlueTable(&cursor)
    }
}

/// One sandbox's way to Glue. Requests wait until somebody carries one out, in any order; they fail and lose their
/// answers; and a sandbox that dies leaves some of them under way.
final class ModelTables: TableService {
    /// What may go wrong, as chances from 0 to 1 for each request.
    struct Faults {
        var before = 0.0
        var after = 0.0
    }

    var faults = Faults()
    var isAway = false
    private(set) var requests: [String] = []
    private let glue: ModelGlue
    private var random: SeededRandom
    private var pending: [() -> Void] = []
    private var isDead = false
    /// Whether requests are carried out as they come.
    private let isImmediate: Bool

    init(_ glue: ModelGlue, _ random: SeededRandom = SeededRandom(seed: 1), isImmediate: Bool = true) {
        self.glue = glue
        self.random = random
        self.isImmediate = isImmediate
    }

    var isIdle: Bool { pending.isEmpty }

    func forgetRequests() { requests = [] }

    func carryOutOne() {
        guard let index = pending.indices.randomElement(using: &random) else { return }
        pending.remove(at: index)()
    }

    func die() {
        isDead = true
        let underWay = pending
        pending = []
        for request in underWay where Bool.random(using: &random) { request() }
        pending = []
    }

    private func ask<Value>(
        _ what: String, _ value: @escaping () -> Value, lost: @escaping (StoreFailure) -> Result<Value, StoreFailure>,
        _ completion: @escaping (Result<Value, StoreFailure>) -> Void
    ) {
        requests.append(what)
        let work = { [self] in
            let failure = StoreFailure(description: "Glue is away", cause: "Glue")
            if isAway { return completion(.failure(failure)) }
            if chance(faults.before) { return answer(lost(failure), completion) }
            let value = value()
            answer(chance(faults.after) ? lost(failure) : .success(value), completion)
        }
        if isImmediate { work() } else { pending.append(work) }
    }

    private func answer<Value>(
        _ result: Result<Value, StoreFailure>, _ completion: (Result<Value, StoreFailure>) -> Void
    ) {
        if !isDead { completion(result) }
    }

    private func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }

    func load(
        _ table: String, after delay: Int64, completion: @escaping (Result<GlueTable?, StoreFailure>) -> Void
    ) {
        ask("GetTable", { [self] in glue.tables[table] }, lost: { .failure($0) }, completion)
    }

    func create(_ table: GlueTable, completion: @escaping (Result<TableAnswer, StoreFailure>) -> Void) {
        ask("CreateTable", { [self] in glue.create(table) }, lost: { .success(.unknown($0)) }, completion)
    }

    func update(_ table: GlueTable, completion: @escaping (Result<TableAnswer, StoreFailure>) -> Void) {
        ask("UpdateTable", { [self] in glue.update(table) }, lost: { .success(.unknown($0)) }, completion)
    }

    func register(
        _ partitions: [GluePartition], in table: String, completion: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        ask(
            "BatchCreatePartition",
            { [self] in for partition in partitions { glue.register(partition, in: table, replaces: false) } },
            lost: { .failure($0) }, completion)
    }

    func partitions(
        of table: String, page token: String?,
        completion: @escaping (Result<GetPartitions.Page, StoreFailure>) -> Void
    ) {
        ask("GetPartitions", { [self] in glue.page(of: table, after: token) }, lost: { .failure($0) }, completion)
    }

    func replace(
        _ partitions: [GluePartition], in table: String, completion: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        ask(
            "BatchUpdatePartition",
            { [self] in for partition in partitions { glue.register(partition, in: table, replaces: true) } },
            lost: { .failure($0) }, completion)
    }
}
