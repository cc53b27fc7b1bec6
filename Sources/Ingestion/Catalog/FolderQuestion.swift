/// Whether a crawl was started for a folder. It is asked before the batch writes there: another sandbox's crawl that
/// begins after that may have passed the folder before the batch's objects were in it.
final class FolderQuestion {
    private(set) var isCrawled = false
    /// Why it could not be determined.
    private(set) var failure: StoreFailure?
    private var isAnswered = false
    private var waiting: [() -> Void] = []

    /// Runs `work` once the folder may be written to.
    func whenAnswered(_ work: @escaping () -> Void) {
        if isAnswered { work() } else { waiting.append(work) }
    }

    func answer(_ result: Result<KeysFound, StoreFailure>, in folder: String) {
        switch result {
        case .success(let found): isCrawled = found.keys.contains(folder + CrawlerCatalog.marker)
        // One crawl too many does less harm than a folder that no query sees.
        case .failure(let failure): self.failure = failure
        }
        isAnswered = true
        for work in waiting { work() }
        waiting = []
    }
}
