import UTC

/// For callers with nothing else to do meanwhile, such as the developer's tool.
extension AWSClient {
    /// Carries out one call, within a minute.
    ///
    /// - Parameter submit: submits the call with this completion.
    /// - Throws: `AWSFailure`.
    public func answer<Value>(_ submit: (@escaping (Result<Value, AWSFailure>) -> Void) -> Void) throws -> Value {
        beginInvocation(deadline: Clock.now() + 60_000)
        var answer: Result<Value, AWSFailure>?
        submit { answer = $0 }
        run()
        guard let answer else { throw NoAnswer() }
        return try answer.get()
    }

    /// `run` rules this out: it returns once every call has been answered.
    private struct NoAnswer: Error, CustomStringConvertible {
        var description: String { "AWS gave no answer" }
    }
}

extension S3 {
    /// Calls `body` with the keys under `prefix`, a page at a time, in the order of their bytes, until it returns false.
    ///
    /// - Throws: `AWSFailure`, and what `body` throws.
    public func forEachPage(bucket: String, prefix: String, _ body: ([String]) throws -> Bool) throws {
        var last: String?
        while true {
            let page = try client.answer { listObjects(bucket: bucket, prefix: prefix, startAfter: last, completion: $0) }
            guard try body(page.keys), page.isTruncated, let next = page.keys.last else { return }
            last = next
        }
    }
}
