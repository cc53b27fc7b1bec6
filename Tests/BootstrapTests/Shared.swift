import Foundation

/// True for the first who asks. `@unchecked`: `taken` is guarded by `lock`.
final class Once: @unchecked Sendable {
    private let lock = NSLock()
    private var taken = false

    func take() -> Bool {
        lock.withLock {
            defer { taken = true }
            return !taken
        }
    }
}

/// A value that a test changes while servers look at it. `@unchecked`: every access holds `lock`.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: Value

    init(_ value: Value) { kept = value }

    var value: Value {
        get { lock.withLock { kept } }
        set { lock.withLock { kept = newValue } }
    }

    func change(_ body: (inout Value) -> Void) { lock.withLock { body(&kept) } }
}
