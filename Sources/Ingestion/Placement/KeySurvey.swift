/// Finds out which keys are stored around the drafts of a batch, with as few listings as that takes.
///
/// S3 lists keys in the order of their bytes, a thousand per page, and bills per page. The folders of one topic are
/// adjacent. Where they hold little, as with a backlog of many hours, one page answers for many drafts: the survey
/// begins at the first one's place, lists the whole topic from there on, and continues at the first draft that the page
/// did not reach. Where a page does not even reach the next draft, the folder is dense: its drafts are asked for side
/// by side, each by its own prefix, and the survey continues at the next folder, in two parts at a time from there on.
final class KeySurvey {
    typealias Completion = (Result<KeysFound, StoreFailure>) -> Void

    /// S3's own limit for a page.
    static let pageLimit = 1000

    private let store: any ObjectStore
    private let memory: DensityMemory
    private let sharesOnly: Bool
    private var groups: [String: [Question]] = [:]

    private final class Question {
        let range: KeyRange
        let folder: String
        let completion: Completion
        var found = KeysFound()
        var resumesAfter: String

        init(_ range: KeyRange, folder: String, _ completion: @escaping Completion) {
            self.range = range
            self.folder = folder
            self.completion = completion
            resumesAfter = range.after
        }
    }

    /// - Parameter sharesOnly: whether only pages are asked for that answer for many; in a dense folder the answer is
    ///   that nothing was found.
    init(_ store: any ObjectStore, _ memory: DensityMemory, sharesOnly: Bool = false) {
        self.store = store
        self.memory = memory
        self.sharesOnly = sharesOnly
    }

    /// Adds a question. It is answered after `start`.
    /// - Parameters:
    ///   - folder: the one that contains the range.
    ///   - root: the folder that all questions which one page may answer have in common.
    func ask(_ range: KeyRange, folder: String, root: String, completion: @escaping Completion) {
        groups[root, default: []].append(Question(range, folder: folder, completion))
    }

    /// Submits the first listings; the others follow from their answers, within `store.run()`.
    func start() {
        for (root, questions) in groups.sorted(by: { isBefore($0.key, $1.key) }) {
            askTogether(questions.sorted { isBefore($0.range.after, $1.range.after) }[...], root)
        }
        groups = [:]
    }

    /// Asks one question by its own prefix, without regard to others.
    static func askAlone(_ range: KeyRange, _ store: any ObjectStore, completion: @escaping Completion) {
        KeySurvey(store, DensityMemory()).askByItself(Question(range, folder: "", completion))
    }

    // MARK: Many questions, one page

    private func askTogether(_ questions: ArraySlice<Question>, _ root: String) {
        guard let first = questions.first else { return }
        if questions.count == 1, !sharesOnly { return askByItself(first) }
        if memory.isDense(first.folder) { return askDense(questions, root) }
        store.keys(with: root, after: first.resumesAfter, limit: Self.pageLimit) { [self] result in
            switch result {
            case .failure(let failure):
                // Asked one by one they would fail alike, each after its own retries.
                for question in questions { question.completion(.failure(failure)) }
            case .success(let page):
                let rest = answer(questions, by: page)
                guard let next = rest.first, let last = page.keys.last else { return }
                let hasReachedNext = next !== first && isBefore(next.resumesAfter, last)
                if questions.count - rest.count > 1 || hasReachedNext { return askTogether(rest, root) }
                memory.noteDense(first.folder)
                askDense(rest, root)
            }
        }
    }

    /// Asks about the first question's folder concurrently, and continues with the other folders in two parts,
    /// so that many dense ones are not found out one after the other.
    private func askDense(_ questions: ArraySlice<Question>, _ root: String) {
        guard let folder = questions.first?.folder else { return }
        let others = questions.drop { $0.folder == folder }
        for question in questions[..<others.startIndex] {
            if sharesOnly { question.completion(.success(KeysFound())) } else { askByItself(question) }
        }
        let middle = others.startIndex + others.count / 2
        askTogether(others[..<middle], root)
        askTogether(others[middle...], root)
    }

    /// Answers what the page reaches.
    /// - Returns: the questions that are still open, in their order.
    private func answer(_ questions: ArraySlice<Question>, by page: KeyPage) -> ArraySlice<Question> {
        var answered = questions.startIndex
        var from = page.keys.startIndex
        for question in questions {
            from = page.keys.partitionPoint(from: from) { isBefore(question.resumesAfter, $0) }
            guard read(page, from: from, question) else { break }
            answered += 1
        }
        return questions[answered...]
    }

    // MARK: One question

    private func askByItself(_ question: Question) {
        let range = question.range
        let limit = range.needsFirstOnly ? 1 : Self.pageLimit
        store.keys(with: range.prefix, after: question.resumesAfter, limit: limit) { [self] result in
            switch result {
            case .failure(let failure): question.completion(.failure(failure))
            case .success(let page):
                let place = question.resumesAfter
                if read(page, from: page.keys.startIndex, question) { return }
                guard isBefore(place, question.resumesAfter) else {
                    let failure = StoreFailure(
                        description: "the listing of \(range.prefix) does not advance past \(place)")
                    return question.completion(.failure(failure))
                }
                askByItself(question)
            }
        }
    }

    /// Notes what a page says about a question.
    /// - Returns: whether that was all; otherwise the question continues after the page's last key.
    private func read(_ page: KeyPage, from start: Int, _ question: Question) -> Bool {
        let range = question.range
        for key in page.keys[start...] {
            if isBefore(range.through, key) {
                if key.utf8.starts(with: range.prefix.utf8) { question.found.next = key }
                question.completion(.success(question.found))
                return true
            }
            question.found.keys.append(key)
            if range.needsFirstOnly { break }
        }
        if page.isTruncated, !(range.needsFirstOnly && !question.found.keys.isEmpty) {
            if let last = page.keys.last, isBefore(question.resumesAfter, last) { question.resumesAfter = last }
            return false
        }
        question.completion(.success(question.found))
        return true
    }
}

/// The folders in which a page of the whole topic was found to answer one draft alone, so that this is not tried with
/// each batch.
final class DensityMemory {
    private static let mostFolders = 1_000
    private var dense: Set<String> = []

    func isDense(_ folder: String) -> Bool { dense.contains(folder) }

    func noteDense(_ folder: String) {
        if dense.count >= Self.mostFolders { dense.removeAll() }
        dense.insert(folder)
    }
}
