import Logging
import TableSchema

/// Tells those who query the bucket what is new in it.
///
/// For each batch it is called in this order: `prepare`, `whenReady` for each folder, and `update` once the objects are
/// written. What it owes after that must outlive the invocation and the sandbox: the records are stored by then, and no
/// failure fails the batch any more.
protocol TableCatalog: AnyObject {
    /// Told of the tables before anything is written for them. What the catalog must know of their folders it asks of
    /// the survey, which carries its questions out in the same run as those of the placement.
    /// - Parameter tables: those of rows that the batch brings, each once.
    func prepare(for tables: [BatchTable], _ survey: KeySurvey)

    /// Calls `write` as soon as objects may be written to the folder: at once, or within the store's run. With a
    /// failure, nothing may be written there: the records are delivered again.
    func whenReady(_ folder: String, _ write: @escaping (Result<Void, StoreFailure>) -> Void)

    /// Told what is stored after the batch.
    func update(_ stored: StoredRows, _ logger: Logger) -> CatalogOutcome
}

/// What a batch brings of one topic's rows.
struct BatchTable {
    var topic: String
    /// The key of the topic's folder, with a `/` at its end.
    var folder: String
    /// Those that the batch touches, each once.
    var folders: [TableFolder] = []
    /// What the rows need; empty where nobody has to know.
    var columns = RowSchema()
    /// Which row brought a column (`orders-1@5000`), or did not fit in one of the type that it had.
    var place: (_ column: String, _ type: ColumnType?) -> String? = { _, _ in nil }
    /// Members of rows that get no column.
    var omitted: [TopicColumns.OmittedMember] = []
    /// Whether the rows have further members, of whose values nothing is known.
    var isCut = false

    init(topic: String, folder: String) {
        self.topic = topic
        self.folder = folder
    }

    /// - Parameter learned: `nil` where nobody has learned columns.
    init(topic: String, folder: String, learned: TopicColumns?) {
        self.init(topic: topic, folder: folder)
        guard let learned else { return }
        columns = learned.schema
        isCut = learned.isCut
        place = { learned.place(of: $0, beyond: $1)?.description }
        omitted = learned.omitted
    }
}

/// A folder of rows that a batch touches.
struct TableFolder {
    /// Its key, with a `/` at its end.
    var key: String
    /// The folder of the whole topic.
    var topicFolder: String
    /// `nil` where there are no folders by time.
    var day: Day?

    /// The values of the partition columns: `2026-11-24` and `06` of `…/dt=2026-11-24/hour=06/`.
    var partitionValues: [String] {
        key.dropFirst(topicFolder.count).split(separator: "/").map { part in
            String(part.drop { $0 != "=" }.dropFirst())
        }
    }
}

/// What the bucket holds of a batch's rows.
struct StoredRows {
    /// The folders that hold rows of this batch, whether this delivery or an earlier one stored them.
    var folders: Set<String>
    /// The objects that this delivery wrote.
    var created: [ObjectPlacement.CreatedObject]
}

/// What became of the catalog's part, in the words of the summary line and of the answer.
enum CatalogOutcome: String {
    /// There is no catalog.
    case off
    // Of a crawler:
    case notNeeded = "not-needed"
    case done = "started"
    /// Could not be done now; made up for with a later batch.
    case owed
    /// As owed, and worth a warning.
    case failed
    // Of the function's own tables:
    /// They had all that the batch needed.
    case known
    case created
    case widened
    /// One could not be made or widened, and its topic's rows were not stored.
    case notReady = "not-ready"

    /// What the summary line and the answer call it.
    var label: String {
        switch self {
        case .off, .notNeeded, .done, .owed, .failed: "crawler"
        case .known, .created, .widened, .notReady: "catalog"
        }
    }
}

/// The catalog of a function without one.
final class NoCatalog: TableCatalog {
    func prepare(for tables: [BatchTable], _ survey: KeySurvey) {}

    func whenReady(_ folder: String, _ write: @escaping (Result<Void, StoreFailure>) -> Void) { write(.success(())) }

    func update(_ stored: StoredRows, _ logger: Logger) -> CatalogOutcome { .off }
}
