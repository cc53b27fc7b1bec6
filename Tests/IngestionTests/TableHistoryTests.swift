import AWSGlue
import Logging
import TableSchema
import Testing

@testable import Ingestion

/// Several sandboxes at once, killed anywhere, Glue failing and losing answers, people changing the table: whatever the
/// order, the table holds what is written, and takes nothing back.
@Suite struct `A table in any history` {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `holds every row before it is written, and loses no update`(seed: UInt64) throws {
        let history = try TableHistory(seed: seed)
        try history.play(steps: 300)
        try history.end()
        #expect(history.faults == [], "seed \(seed)")
        #expect(history.written.count > 3, "seed \(seed)")
    }

    /// Without a difference in what the rows say, sandboxes that see them in another order come to the same columns.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `comes to the same types in any order of the batches`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let batches = (0..<8).map { _ in randomColumns(&random) }
        var tables: [[String: String]] = []
        for _ in 0..<3 {
            let glue = ModelGlue()
            for batch in batches.shuffled(using: &random) {
                let sandbox = try ModelCatalog(ModelTables(glue))
                sandbox.deliver(sandbox.batch(batch))
            }
            let columns = glue.tables["orders"]?.storage.columns ?? []
            // The fields of a struct are in the order in which they came.
            tables.append(Dictionary(uniqueKeysWithValues: columns.map { ($0.name, String($0.type.sorted())) }))
        }
        #expect(tables[0] == tables[1] && tables[1] == tables[2])
    }
}

private final class TableHistory {
    private let glue = ModelGlue()
    private var random: SeededRandom
    private var sandboxes: [ModelCatalog] = []
    /// What each sandbox is about to write.
    private var batches: [Batch?] = []
    private let log = Log()
    private let settings: [String: String]

    /// What was written, and what went wrong.
    private final class Log {
        var written: [Batch] = []
        var faults: [String] = []
    }

    private struct Batch {
        var columns: RowSchema
        var day: Day
    }

    var faults: [String] { log.faults }
    var written: [RowSchema] { log.written.map(\.columns) }

    init(seed: UInt64) throws {
        random = SeededRandom(seed: seed)
        settings = Bool.random(using: &random) ? ["GLUE_PARTITIONS": "true"] : [:]
        glue.onChange = { [log] old, new in
            guard let old else { return }
            // Nothing that was there is gone: no column, no type, no remembered kind, no day.
            let (before, after) = (TableColumns(old).known, TableColumns(new).known)
            if !after.contains(before) { log.faults.append("\(before.stored) became \(after.stored)") }
            let names = old.storage.columns.map(\.name)
            if Array(new.storage.columns.map(\.name).prefix(names.count)) != names {
                log.faults.append("columns were moved: \(names)")
            }
            for (name, value) in old.parameters where name.hasPrefix("mine") && new.parameters[name] != value {
                log.faults.append("the parameter \(name) is lost")
            }
        }
        for _ in 0..<4 { try addSandbox() }
    }

    private func addSandbox() throws {
        let tables = ModelTables(glue, SeededRandom(seed: random.next()), isImmediate: false)
        tables.faults = .init(before: 0.1, after: 0.1)
        sandboxes.append(try ModelCatalog(tables, settings))
        batches.append(nil)
    }

    func play(steps: Int) throws {
        for step in 0..<steps {
            let slot = Int.random(in: sandboxes.indices, using: &random)
            let sandbox = sandboxes[slot]
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                sandbox.tables.die()
                sandboxes.remove(at: slot)
                batches.remove(at: slot)
                try addSandbox()
            case 1: changeByHand(step)
            default: work(slot)
            }
        }
    }

    /// The next request of a sandbox's batch, its end, or another batch.
    private func work(_ slot: Int) {
        let sandbox = sandboxes[slot]
        if batches[slot] == nil {
            let batch = Batch(
                columns: randomColumns(&random), day: Day(number: 20_782 - Int.random(in: 0..<40, using: &random)))
            batches[slot] = batch
            let table = sandbox.batch(batch.columns, hours: [batch.day.number * 24])
            sandbox.prepare([table])
            sandbox.catalog.whenReady(table.folders[0].key) { [self] ready in
                guard case .success = ready else { return }
                check(batch)
                log.written.append(batch)
            }
        } else if sandbox.tables.isIdle {
            _ = sandbox.catalog.update(
                StoredRows(folders: [], created: []), Logger(label: "model") { _ in SwiftLogNoOpLogHandler() })
            batches[slot] = nil
        } else {
            sandbox.tables.carryOutOne()
        }
    }

    private func changeByHand(_ step: Int) {
        let kind = Int.random(in: 0..<3, using: &random)
        glue.change("orders") { table in
            switch kind {
            case 0: table.parameters["mine\(step)"] = "x"
            case 1: table.storage.columns.append(GlueColumn("mine\(step)", "decimal(9,2)"))
            default:
                guard let index = table.storage.columns.firstIndex(where: { $0.type == "bigint" }) else { return }
                table.storage.columns[index].type = "string"
            }
        }
    }

    /// Everything that was written can still be read.
    func end() throws {
        for slot in sandboxes.indices { while !sandboxes[slot].tables.isIdle { sandboxes[slot].tables.carryOutOne() } }
        for batch in log.written { check(batch) }
    }

    /// Whether the table reads these rows: by its columns' types alone, and where Athena looks.
    private func check(_ batch: Batch) {
        guard let table = glue.tables["orders"] else { return log.faults.append("there is no table") }
        let types = Dictionary(uniqueKeysWithValues: table.storage.columns.map { ($0.name, $0.type) })
        for field in batch.columns.fields {
            guard let type = types[field.name] else {
                if field.type.hive != nil { log.faults.append("no column \(field.name)") }
                continue
            }
            if let type = ColumnType(hive: type), !reads(type, field.type) {
                log.faults.append("\(field.name) is \(field.type.stored), in a column of \(type.stored)")
            }
        }
        let range = table.parameters["projection.dt.range"] ?? ""
        if !(range.prefix(10) <= batch.day.text) { log.faults.append("\(batch.day.text) is before \(range)") }
        let isRegistered = glue.partitions["orders"]?["\(batch.day.text)/00"] != nil
        if !settings.isEmpty, !isRegistered { log.faults.append("\(batch.day.text) is not registered") }
    }
}

/// Whether a column of this type can read values of that kind, as the SerDe does it.
private func reads(_ type: ColumnType, _ values: ColumnType) -> Bool {
    switch (type, values) {
    case (_, .null), (.string, _), (.other, _), (.boolean, .boolean), (.integer, .integer): true
    case (.double, .integer(isWide: false)), (.double, .double): true
    case (.array(let type), .array(let values)): reads(type, values)
    case (.structure(let fields), .structure(let values)):
        values.allSatisfy { value in
            guard let field = fields.first(where: { $0.name == value.name }) else { return value.type.hive == nil }
            return reads(field.type, value.type)
        }
    default: false
    }
}

private func randomColumns(_ random: inout SeededRandom) -> RowSchema {
    let names = ["a", "b", "c", "d", "e"].shuffled(using: &random)
    return RowSchema(
        names.prefix(Int.random(in: 1...3, using: &random)).map {
            ColumnType.Field(name: $0, type: randomType(&random, depth: 0))
        })
}

/// Texts and mixtures are rare: a column of text reads everything, and there is nothing left to widen.
private func randomType(_ random: inout SeededRandom, depth: Int) -> ColumnType {
    switch Int.random(in: 0..<(depth < 2 ? 12 : 7), using: &random) {
    case 0: return .null
    case 1: return .boolean
    case 2: return .integer(isWide: Bool.random(using: &random))
    case 3, 4: return .integer(isWide: false)
    case 5: return .double
    case 6: return .string
    case 7, 8: return .array(randomType(&random, depth: depth + 1))
    default:
        let names = ["x", "y", "z"].shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))
        return .structure(
            names.map { ColumnType.Field(name: $0, type: randomType(&random, depth: depth + 1)) })
    }
}
