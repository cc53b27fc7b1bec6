import Libc

/// Variables that configure the function, by name. Lambda and SAM templates hand over an unset parameter as an
/// empty string, so an empty value counts as absent.
public struct Environment: Sendable {
    private let lookUp: @Sendable (String) -> String?

    /// The process's own environment, read again at each look-up: Lambda refreshes credentials there.
    public init() {
        lookUp = { name in getenv(name).map { String(cString: $0) } }
    }

    /// Fixed values, for tests and tools.
    public init(_ values: [String: String]) {
        lookUp = { values[$0] }
    }

    /// Whatever `lookUp` says at the moment, for tests of what changes.
    public init(lookUp: @escaping @Sendable (String) -> String?) {
        self.lookUp = lookUp
    }

    public subscript(name: String) -> String? {
        guard let value = lookUp(name), !value.isEmpty else { return nil }
        return value
    }

    /// For variables that may be set to nothing on purpose: the value, also an empty one, or `nil` where it is not set.
    public func rawValue(_ name: String) -> String? { lookUp(name) }
}
