/// Calls in the order in which they may start: of those that are ready the higher rank first, and within a rank first in,
/// first out; those that wait for another attempt when their time has come. One that waits stands in nobody's way.
struct CallQueue {
    /// One for each rank.
    private var ready = AWSOperation.ranks.map { _ in Line() }
    /// The next one last.
    private var waiting: [(due: Int64, call: Call)] = []

    var isEmpty: Bool { !hasReady && waiting.isEmpty }

    /// On the monotonic clock, 0 for at once; `nil` where nothing waits.
    var nextDue: Int64? { hasReady ? 0 : waiting.last?.due }

    private var hasReady: Bool { ready.contains { !$0.isEmpty } }

    mutating func append(_ call: Call) { ready[call.operation.rank].append(call) }

    mutating func append(_ call: Call, due: Int64) {
        waiting.insert((due, call), at: waiting.firstIndex { $0.due <= due } ?? waiting.endIndex)
    }

    mutating func popDue(_ now: Int64) -> Call? {
        while let next = waiting.last, next.due <= now {
            waiting.removeLast()
            append(next.call)
        }
        for rank in ready.indices where !ready[rank].isEmpty { return ready[rank].popFirst() }
        return nil
    }
}

/// First in, first out.
private struct Line {
    private var calls: [Call?] = []
    /// Where the line begins: taking from its front moves nothing.
    private var head = 0

    var isEmpty: Bool { head == calls.count }

    mutating func append(_ call: Call) { calls.append(call) }

    mutating func popFirst() -> Call? {
        guard !isEmpty else { return nil }
        let call = calls[head]
        calls[head] = nil
        head += 1
        if isEmpty {
            calls.removeAll(keepingCapacity: true)
            head = 0
        }
        return call
    }
}

extension AWSOperation {
    /// From 0, what may start first: what is missing is written before what exists is looked at closely, and what tells
    /// which objects there are comes before the look at one of them.
    fileprivate var rank: Int {
        switch self {
        case .putObject: 0
        case .startCrawler, .listObjects, .getCredentials: 1
        case .headObject, .deleteObject: 2
        case .getObject: 3
        }
    }

    fileprivate static let ranks = 0...3
}
