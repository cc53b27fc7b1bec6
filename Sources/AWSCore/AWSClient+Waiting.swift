import UTC

/// For callers with nothing else to do meanwhile, such as the developer's tool.
extension AWSClient {
    /// Carries out one request.
    ///
    /// - Parameter milliseconds: how long it may take with all its attempts.
    /// - Throws: `AWSFailure`.
    package func response<Request: AWSRequest>(
        to request: Request, within milliseconds: Int64 = 60_000
    ) throws -> Request.Output {
        beginInvocation(deadline: Clock.now() + milliseconds)
        var answer: Result<Request.Output, AWSFailure>?
        submit(request) { answer = $0 }
        run()
        guard let answer else { throw NoAnswer() }
        return try answer.get()
    }

    /// `run` rules this out: it returns once every call has been answered.
    private struct NoAnswer: Error, CustomStringConvertible {
        var description: String { "the request was not carried out" }
    }
}
