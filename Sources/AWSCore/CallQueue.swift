/// Calls in the order in which they may start: of those that are ready the higher priority first, and within one first
/// in, first out; those that wait for another attempt when their time has come. One that waits holds up no other.
struct CallQueue {
    /// One for each priority.
    private var ready = CallPriority.allCases.map { _ in CallLine() }
    /// The next one last.
    private var waiting: [(due: Int64, call: Call)] = []

    var isEmpty: Bool { !hasReady && waiting.isEmpty }

    /// On the monotonic clock, 0 for at once; `nil` where nothing waits.
    var nextDue: Int64? { hasReady ? 0 : waiting.last?.due }

    private var hasReady: Bool { ready.contains { !$0.isEmpty } }

    mutating func append(_ call: Call) { ready[call.operation.priority.rawValue].append(call) }

    mutating func append(_ call: Call, due: Int64) {
        waiting.insert((due, call), at: waiting.firstIndex { $0.due <= due } ?? waiting.endIndex)
    }

    mutating func popDue(_ now: Int64) -> Call? {
        while let next = waiting.last, next.due <= now {
            waiting.removeLast()
            append(next.call)
        }
        for index in ready.indices where !ready[index].isEmpty { return ready[index].popFirst() }
        return nil
    }
}

/// First in, first out.
private struct CallLine {
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
