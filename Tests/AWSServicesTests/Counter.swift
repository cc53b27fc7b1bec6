import Foundation

/// How many are inside at once. `@unchecked`: both numbers are guarded by `lock`.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var inside = 0
    private var highest = 0

    func enter() {
        lock.withLock {
            inside += 1
            highest = max(highest, inside)
        }
    }

    func leave() { lock.withLock { inside -= 1 } }

    var most: Int { lock.withLock { highest } }
}
