import Bytes

/// The function itself, as the invocation loop sees it.
public protocol InvocationHandler {
    /// Handles one event.
    ///
    /// - Parameters:
    ///   - event: The event as it came. The buffer is used again for the next one: keep nothing that points into it.
    ///   - response: Empty; the handler writes its JSON answer here. Left empty, the answer is `null`.
    /// - Throws: Anything; it fails the invocation, whose caller sees the error's type and message.
    ///   Make it a `ReportableError` to choose them.
    mutating func handle(_ event: ByteBuffer, _ context: InvocationContext, response: ByteBuffer) throws
}

/// An error that says how it appears to the invoker of the function and in its metrics.
public protocol ReportableError: Error {
    /// `Function.Something` or `Runtime.Something`, letters only: the service shows any other form as
    /// `Runtime.Unknown`, so what does not match is mended before it is sent.
    var errorType: String { get }
    /// What is wrong, with what, and what to do about it. It ends up in logs: no secrets, no contents of records.
    var errorMessage: String { get }
}
