/// Calls in the order in which they may start: those that are ready first in, first out, those that wait for another
/// attempt when their time has come. One that waits stands in nobody's way.
struct CallQueue {
    private var ready: [Call?] = []
    /// Where `ready` begins: taking from its front moves nothing.
    private var head = 0
    /// The next one last.
    private var waiting: [(due: Int64, call: Call)] = []

    var isEmpty: Bool { head == ready.count && waiting.isEmpty }

    /// On the monotonic clock, 0 for at once; `nil` where nothing waits.
    var nextDue: Int64? { head < ready.count ? 0 : waiting.last?.due }

    mutating func append(_ call: Call) { ready.append(call) }

    mutating func append(_ call: Call, due: Int64) {
        waiting.insert((due, call), at: waiting.firstIndex { $0.due <= due } ?? waiting.endIndex)
    }

    mutating func popDue(_ now: Int64) -> Call? {
        while let next = waiting.last, next.due <= now {
            waiting.removeLast()
            ready.append(next.call)
        }
        guard head < ready.count else { return nil }
        let call = ready[head]
        ready[head] = nil
        head += 1
        if head == ready.count {
            ready.removeAll(keepingCapacity: true)
            head = 0
        }
        return call
    }
}
