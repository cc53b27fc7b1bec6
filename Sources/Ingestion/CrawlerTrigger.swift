/// What ingestion needs of Glue.
protocol CrawlerStarter: AnyObject {
    /// Returns when Glue has answered.
    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure>
}

enum CrawlerAnswer: Equatable, Sendable {
    case started
    /// A crawl is on its way; it may have passed the folder that was just written.
    case alreadyRunning
}

/// Decides whether a batch starts the crawler, and remembers a start that is still owed.
///
/// Nothing here fails a batch: the records are stored, and a crawl can be caught up on.
final class CrawlerTrigger {
    /// What became of the crawler, for the summary line.
    enum Decision: String {
        case off
        case notNeeded = "not-needed"
        case started
        /// Refused since a crawl is running; asked for again with the next batch.
        case owed
        case failed
    }

    private let configuration: CrawlerConfiguration?
    private let starter: any CrawlerStarter
    private let now: () -> Int64
    private var knownFolders: Set<String> = []
    private var isOwed = false
    private var lastStart: Int64?

    /// Folders are one an hour for each topic; so many are a sandbox's life. Beyond, all are looked up again.
    private static let mostKnownFolders = 10_000

    init(_ configuration: CrawlerConfiguration?, _ starter: any CrawlerStarter, now: @escaping () -> Int64) {
        self.configuration = configuration
        self.starter = starter
        self.now = now
    }

    /// Whether there is a crawler at all: without one, nothing below needs to be asked.
    var isOn: Bool { configuration != nil }

    /// The folders among `folders` of which it matters whether something lies in them, before anything is written.
    func unknown(among folders: Set<String>) -> [String] {
        guard configuration?.trigger == .newPartition else { return [] }
        return folders.subtracting(knownFolders).sorted()
    }

    /// To be called once the batch's objects are written.
    /// - Parameters:
    ///   - folders: those that hold objects of this batch now.
    ///   - newFolders: those that held nothing before.
    ///   - wroteRows: whether the batch created an object of rows.
    func decide(folders: Set<String>, newFolders: Set<String>, wroteRows: Bool) -> (Decision, StoreFailure?) {
        guard let configuration else { return (.off, nil) }
        let wants: Bool =
            switch configuration.trigger {
            case .newPartition: !newFolders.isEmpty
            case .everyBatch: wroteRows
            case .interval(let seconds):
                wroteRows && (lastStart.map { now() - $0 >= Int64(seconds) * 1000 } ?? true)
            }
        remember(folders)
        guard wants || isOwed else { return (.notNeeded, nil) }
        isOwed = true
        switch starter.start(configuration.name) {
        case .success(.started):
            isOwed = false
            lastStart = now()
            return (.started, nil)
        case .success(.alreadyRunning): return (.owed, nil)
        case .failure(let failure): return (.failed, failure)
        }
    }

    private func remember(_ folders: Set<String>) {
        if knownFolders.count > Self.mostKnownFolders { knownFolders.removeAll() }
        knownFolders.formUnion(folders)
    }
}
