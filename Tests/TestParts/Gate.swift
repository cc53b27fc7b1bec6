import Foundation

/// Holds everyone back until `count` have come: proof that they were under way at the same time.
///
/// `@unchecked`: `missing` is guarded by `state`.
package final class Gate: @unchecked Sendable {
    private let state = NSCondition()
    private var missing: Int

    package init(count: Int) { missing = count }

    /// Returns once all have come, or after `seconds`, so that a test that fails does not hang.
    package func pass(within seconds: Double = 20) {
        let end = Date(timeIntervalSinceNow: seconds)
        state.lock()
        defer { state.unlock() }
        missing -= 1
        state.broadcast()
        while missing > 0, state.wait(until: end) {}
    }
}
