import Logging
import TableSchema

@testable import Ingestion

/// A sandbox's catalog, told of batches without anything being read or written.
final class ModelCatalog {
    let tables: ModelTables
    let catalog: GlueCatalog
    private let survey: KeySurvey
    private let layout: ObjectLayout

    /// 2026-11-25, at noon.
    static let today = Day(number: 20_782)

    /// - Parameter keys: what is in the bucket already.
    init(
        _ tables: ModelTables, _ settings: [String: String] = [:], today: Day = ModelCatalog.today, keys: [String] = []
    ) throws {
        self.tables = tables
        let environment = ["CATALOG": "glue", "GLUE_DATABASE": "lake"].merging(settings) { $1 }
        let configuration = try modelConfiguration(environment)
        struct NoGlue: Error {}
        guard let glue = configuration.glue else { throw NoGlue() }
        layout = configuration.layout
        let oldestDay = OldestDay { prefix, start, completion in
            completion(.success(keys.sorted().first { $0.hasPrefix(prefix) && $0 > start }))
        }
        catalog = GlueCatalog(glue, configuration, tables, oldestDay) { Int64(today.number) * 86_400_000 + 43_200_000 }
        survey = KeySurvey(ModelStore(ModelBucket(), SeededRandom(seed: 1)), DensityMemory())
    }

    /// - Parameter hours: of the batch's rows, since 1970.
    func batch(_ columns: RowSchema, topic: String = "orders", hours: [Int] = [20_782 * 24 + 6]) -> BatchTable {
        let folder = layout.topicFolder(of: topic, .rows)
        let folders = hours.map { hour in
            let period = TimePeriod(of: Int64(hour) * 3_600_000, layout.timePartition)
            return TableFolder(
                key: layout.folder(of: topic, period, .rows), topicFolder: folder,
                day: period.isFolder ? Day(of: period.start) : nil)
        }
        var table = BatchTable(topic: topic, folder: folder)
        table.folders = folders
        table.columns = columns
        table.place = { _, _ in "\(topic)-0@7" }
        return table
    }

    /// What came of a batch: why its first topic's rows may not be written, and what was asked of Glue.
    struct Delivery: Equatable {
        var failure: StoreFailure?
        var outcome: CatalogOutcome
        var requests: [String]
    }

    func prepare(_ batches: [BatchTable]) { catalog.prepare(for: batches, survey) }

    @discardableResult
    func deliver(
        _ batches: BatchTable..., logger: Logger = Logger(label: "model") { _ in SwiftLogNoOpLogHandler() }
    ) -> Delivery {
        tables.forgetRequests()
        prepare(batches)
        var failure: StoreFailure?
        for folder in batches[0].folders {
            catalog.whenReady(folder.key) { if case .failure(let found) = $0 { failure = found } }
        }
        let outcome = catalog.update(StoredRows(folders: [], created: []), logger)
        return Delivery(failure: failure, outcome: outcome, requests: tables.requests)
    }
}

/// `a:i,b:[s]`, as `RowSchema.stored` has it.
func columns(_ text: String) -> RowSchema { RowSchema(stored: text[...]) ?? RowSchema() }
