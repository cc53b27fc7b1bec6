import Synchronization

/// A value that tests and the threads of their servers share.
package final class Locked<Value: Sendable>: Sendable {
    private let kept: Mutex<Value>

    package init(_ value: Value) { kept = Mutex(value) }

    package var value: Value {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    @discardableResult
    package func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { kept.withLock { body(&$0) } }
}

extension Locked<Bool> {
    /// A flag that is true for the first who takes it.
    package static func once() -> Locked { Locked(true) }

    package func take() -> Bool {
        change { flag in
            defer { flag = false }
            return flag
        }
    }
}
