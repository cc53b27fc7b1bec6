import Synchronization

/// A value that tests and the threads of their servers share.
public final class Locked<Value: Sendable>: Sendable {
    private let kept: Mutex<Value>

    public init(_ value: Value) { kept = Mutex(value) }

    public var value: Value {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    @discardableResult
    public func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { kept.withLock { body(&$0) } }
}

extension Locked<Bool> {
    /// A flag that is true for the first who takes it.
    public static func once() -> Locked { Locked(true) }

    public func take() -> Bool {
        change { flag in
            defer { flag = false }
            return flag
        }
    }
}
