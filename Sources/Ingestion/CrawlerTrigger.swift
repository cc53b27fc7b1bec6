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
/// Nothing here fails a batch: the records are stored, and a crawl can be caught up on. What is owed outlives the
/// sandbox: once a crawl has been started for a folder, an empty object named `.crawled` says so there (Athena and Spark
/// pass over names that begin with a dot). A sandbox that meets a folder for the first time looks for it; where there is
/// none, a crawl is owed, whether the folder is new or whoever wrote to it died.
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

    static let marker = ".crawled"

    private let configuration: CrawlerConfiguration?
    private let starter: any CrawlerStarter
    private let store: any ObjectStore
    private let now: () -> Int64
    private var knownFolders: Set<String> = []
    /// Folders for which a crawl is still to be started.
    private var uncrawled: Set<String> = []
    /// Folders for which a crawl was started, and which do not say so yet.
    private var unmarked: Set<String> = []
    private var isOwed = false
    private var lastStart: Int64?

    /// Folders are one an hour for each topic; so many are a sandbox's life. Beyond, all are looked up again.
    private static let mostKnownFolders = 10_000
    /// A backlog may fill thousands of folders at once: so many get their marker with one batch, the others with the next
    /// ones. Where it is missing, another sandbox that comes across the folder starts one crawl too many.
    private static let mostMarkers = 2_000
    /// So many are asked for before a start that is owed is made up for.
    private static let mostLookups = 100

    init(
        _ configuration: CrawlerConfiguration?, _ starter: any CrawlerStarter, _ store: any ObjectStore,
        now: @escaping () -> Int64
    ) {
        self.configuration = configuration
        self.starter = starter
        self.store = store
        self.now = now
    }

    /// Whether there is a crawler at all: without one, nothing below needs to be asked.
    var isOn: Bool { configuration != nil }

    /// The folders among `folders` that have to be looked at before anything is written to them.
    func unknown(among folders: Set<String>) -> [String] {
        guard looksAtFolders else { return [] }
        return folders.subtracting(knownFolders).sorted()
    }

    /// The stretch of a folder's keys that holds the marker or nothing.
    static func markerRange(in folder: String) -> KeyRange {
        KeyRange(prefix: folder, after: folder + marker.dropLast(), through: folder + marker, needsFirstOnly: true)
    }

    /// To be called once the batch's objects are written.
    /// - Parameters:
    ///   - folders: those that hold objects of this batch now.
    ///   - uncrawled: those of them that no crawl was started for as yet, as far as the listing told.
    ///   - wroteRows: whether the batch created an object of rows.
    func decide(folders: Set<String>, uncrawled new: Set<String>, wroteRows: Bool) -> (Decision, StoreFailure?) {
        guard let configuration else { return (.off, nil) }
        remember(folders)
        if isOwed { forgetCrawledElsewhere() }
        uncrawled.formUnion(new)
        let wants: Bool =
            switch configuration.trigger {
            case .newPartition: !uncrawled.isEmpty
            case .everyBatch: wroteRows
            case .interval(let seconds):
                wroteRows && (lastStart.map { now() - $0 >= Int64(seconds) * 1000 } ?? true)
            }
        guard wants || isOwed else {
            leaveMarkers()
            return (.notNeeded, nil)
        }
        isOwed = true
        switch starter.start(configuration.name) {
        case .success(.started):
            isOwed = false
            lastStart = now()
            if looksAtFolders { unmarked.formUnion(uncrawled) }
            uncrawled = []
            leaveMarkers()
            return (.started, nil)
        case .success(.alreadyRunning): return (.owed, nil)
        case .failure(let failure): return (.failed, failure)
        }
    }

    private var looksAtFolders: Bool { configuration?.trigger == .newPartition }

    private func remember(_ folders: Set<String>) {
        if knownFolders.count > Self.mostKnownFolders { knownFolders.removeAll() }
        knownFolders.formUnion(folders)
    }

    /// What this sandbox owes, another one may have done since.
    private func forgetCrawledElsewhere() {
        guard looksAtFolders, uncrawled.count <= Self.mostLookups else { return }
        for folder in uncrawled {
            store.metadata(of: folder + Self.marker) { [self] result in
                if case .success(let found) = result, found != .absent { uncrawled.remove(folder) }
            }
        }
        store.run()
        isOwed = !uncrawled.isEmpty
    }

    private func leaveMarkers() {
        guard !unmarked.isEmpty else { return }
        for folder in unmarked.sorted().suffix(Self.mostMarkers) {
            unmarked.remove(folder)
            // Without it another sandbox starts a crawl too many, which is no reason to fail, nor to insist.
            store.createMarker(folder + Self.marker) { _ in }
        }
        store.run()
    }
}
