import Logging
import UTC

/// What the crawler's catalog needs of Glue.
protocol CrawlerStarter: AnyObject {
    /// Returns when Glue has answered.
    func start(_ crawler: String) -> Result<CrawlerAnswer, StoreFailure>
}

enum CrawlerAnswer: Equatable, Sendable {
    case started
    /// A crawl is under way; it may have passed the folder that was just written.
    case alreadyRunning
}

/// Has a Glue crawler look at the bucket: decides whether a batch starts it, and remembers a start that is still owed.
///
/// What is owed outlives the sandbox: once a crawl has been started for a folder, an empty object named `.crawled` says
/// so there (Athena and Spark pass over names that begin with a dot). A sandbox that meets a folder for the first time
/// looks for it; where there is none, a crawl is owed, whether the folder is new or whoever wrote to it died.
final class CrawlerCatalog: TableCatalog {
    static let marker = ".crawled"

    private let configuration: CrawlerConfiguration
    private let starter: any CrawlerStarter
    private let store: any ObjectStore
    private let now: () -> Int64
    /// Of the batch that is being stored, by the folder's key.
    private var questions: [String: FolderQuestion] = [:]
    private var knownFolders: Set<String> = []
    /// Folders for which a crawl is still to be started.
    private var uncrawled: Set<String> = []
    /// Folders for which a crawl was started, and which do not say so yet.
    private var unmarked: Set<String> = []
    private var isOwed = false
    private var lastStart: Int64?

    /// There is one folder per topic and hour, so a sandbox rarely sees as many. Beyond, all are looked up again.
    private static let maximumKnownFolders = 10_000
    /// A backlog may fill thousands of folders at once: as many get their marker with one batch, the others with the
    /// next ones. Where it is missing, another sandbox that comes across the folder starts one crawl too many.
    private static let maximumMarkers = 2_000
    /// As many folders are looked up before a start that is owed is made up for.
    private static let maximumLookups = 100

    /// - Parameter now: a monotonic clock, in milliseconds.
    init(
        _ configuration: CrawlerConfiguration, _ starter: any CrawlerStarter, _ store: any ObjectStore,
        now: @escaping () -> Int64 = Clock.monotonic
    ) {
        self.configuration = configuration
        self.starter = starter
        self.store = store
        self.now = now
    }

    /// Asks about the folders that the sandbox does not know, where that matters.
    func prepare(for tables: [BatchTable], _ survey: KeySurvey) {
        questions = [:]
        guard looksAtFolders else { return }
        let folders = tables.flatMap(\.folders)
        for folder in folders.sorted(by: { $0.key < $1.key }) where !knownFolders.contains(folder.key) {
            let question = FolderQuestion()
            questions[folder.key] = question
            survey.ask(Self.markerRange(in: folder.key), folder: folder.key, root: folder.topicFolder) {
                question.answer($0, in: folder.key)
            }
        }
    }

    /// The stretch of a folder's keys that holds the marker or nothing.
    static func markerRange(in folder: String) -> KeyRange {
        KeyRange(prefix: folder, after: folder + marker.dropLast(), through: folder + marker, needsFirstOnly: true)
    }

    /// Whatever is wrong with the crawler, rows are written.
    func whenReady(_ folder: String, _ write: @escaping (Result<Void, StoreFailure>) -> Void) {
        guard let question = questions[folder] else { return write(.success(())) }
        question.whenAnswered { write(.success(())) }
    }

    func update(_ stored: StoredRows, _ logger: Logger) -> CatalogOutcome {
        let doubts = questions.values.compactMap(\.failure)
        if let failure = doubts.first {
            logger.warning("cannot tell whether \(doubts.count) folders are new, so the crawler is started: \(failure)")
        }
        remember(stored.folders)
        if isOwed { forgetCrawledElsewhere() }
        uncrawled.formUnion(stored.folders.filter { questions[$0]?.isCrawled == false })
        questions = [:]
        guard wantsCrawl(hasNewObjects: !stored.created.isEmpty) || isOwed else {
            leaveMarkers()
            return .notNeeded
        }
        return startCrawler(logger)
    }

    private func wantsCrawl(hasNewObjects: Bool) -> Bool {
        switch configuration.trigger {
        case .newPartition: !uncrawled.isEmpty
        case .everyBatch: hasNewObjects
        case .interval(let seconds): hasNewObjects && (lastStart.map { now() - $0 >= Int64(seconds) * 1000 } ?? true)
        }
    }

    private func startCrawler(_ logger: Logger) -> CatalogOutcome {
        isOwed = true
        switch starter.start(configuration.name) {
        case .success(.started):
            isOwed = false
            lastStart = now()
            if looksAtFolders { unmarked.formUnion(uncrawled) }
            uncrawled = []
            leaveMarkers()
            return .done
        case .success(.alreadyRunning): return .owed
        case .failure(let failure):
            logger.warning("the crawler was not started; the batch is not affected: \(failure)")
            return .failed
        }
    }

    private var looksAtFolders: Bool { configuration.trigger == .newPartition }

    private func remember(_ folders: Set<String>) {
        if knownFolders.count > Self.maximumKnownFolders { knownFolders.removeAll() }
        knownFolders.formUnion(folders)
    }

    /// What this sandbox owes, another one may have done since.
    private func forgetCrawledElsewhere() {
        guard looksAtFolders, uncrawled.count <= Self.maximumLookups else { return }
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
        for folder in unmarked.sorted().suffix(Self.maximumMarkers) {
            unmarked.remove(folder)
            // Without it another sandbox starts a superfluous crawl, which is not a reason to fail or to retry.
            store.createMarker(folder + Self.marker) { _ in }
        }
        store.run()
    }
}
