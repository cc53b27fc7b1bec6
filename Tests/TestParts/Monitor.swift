import Foundation

/// A lock with a condition (Hoare's monitor): what it guards changes only within `change`, which wakes whoever waits.
final class Monitor: Sendable {
    private let condition = NSCondition()

    func change<Value>(_ body: () throws -> Value) rethrows -> Value {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body()
    }

    /// Waits until `found` gives a value; `nil` once `seconds` have passed. It is asked again after each change.
    func wait<Value>(within seconds: Double? = nil, until found: () throws -> Value?) rethrows -> Value? {
        let end = seconds.map { Date(timeIntervalSinceNow: $0) }
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = try found() { return value }
            // Foundation traps on dates as far off as `distantFuture`.
            guard let end else {
                condition.wait()
                continue
            }
            guard condition.wait(until: end) else { return try found() }
        }
    }
}
