import Logging

/// Tells those who query the bucket what is new in it.
///
/// For each batch it is called in this order: `prepare`, `whenReady` for each folder, and `update` once the objects are
/// written. No failure of a catalog fails a batch: the records are stored by then, and what it owes is made up for with
/// a later one. What it owes must outlive the invocation and the sandbox.
protocol TableCatalog: AnyObject {
    /// Told of the folders before anything is written to them. What the catalog must know of them it asks of the
    /// survey, which carries its questions out in the same run as those of the placement.
    /// - Parameter folders: those of rows that the batch touches, each once.
    func prepare(for folders: [TableFolder], _ survey: KeySurvey)

    /// Calls `write` as soon as objects may be written to the folder: at once, or within the survey's run.
    func whenReady(_ folder: String, _ write: @escaping () -> Void)

    /// Told what is stored after the batch.
    func update(_ stored: StoredRows, _ logger: Logger) -> CatalogOutcome
}

/// A folder of rows that a batch touches.
struct TableFolder {
    /// Its key, with a `/` at its end.
    var key: String
    /// The folder of the whole topic.
    var topicFolder: String
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
    case notNeeded = "not-needed"
    case done = "started"
    /// Could not be done now; made up for with a later batch.
    case owed
    /// As owed, and worth a warning.
    case failed
}

/// The catalog of a function without one.
final class NoCatalog: TableCatalog {
    func prepare(for folders: [TableFolder], _ survey: KeySurvey) {}

    func whenReady(_ folder: String, _ write: @escaping () -> Void) { write() }

    func update(_ stored: StoredRows, _ logger: Logger) -> CatalogOutcome { .off }
}
