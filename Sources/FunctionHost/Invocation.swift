/// Something that takes an event and answers, as Lambda's Invoke does. Lives on one thread and carries out one
/// invocation at a time: several at once take several of them.
package protocol Function: AnyObject {
    /// - Parameter event: JSON, at most `FunctionLimits.payload` bytes.
    func invoke(_ event: [UInt8]) -> Invocation
    /// Ends what runs for it.
    func shutDown()
}

/// Lambda's limits. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
package enum FunctionLimits {
    /// The largest event and the largest answer, bytes: 6 MiB and 100 bytes.
    package static let payload = 6_291_556
    /// How long a sandbox may take to begin waiting for its first event, milliseconds.
    package static let initialization: Int64 = 10_000
}

/// One invocation that has ended.
package struct Invocation: Sendable {
    package enum Outcome: Sendable {
        case success(response: [UInt8])
        /// The function answered with an error, timed out or died; `response` is what the caller gets.
        case functionError(type: String, message: String, response: [UInt8])
        /// The function was not reached: it says nothing about the event.
        case unavailable(reason: String)
    }

    package var requestID: String
    package var outcome: Outcome
    package var report: Report?

    package init(requestID: String, outcome: Outcome, report: Report? = nil) {
        self.requestID = requestID
        self.outcome = outcome
        self.report = report
    }
}

/// What Lambda's REPORT line tells. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
package struct Report: Sendable {
    package var requestID: String
    /// Milliseconds from the event's handover to the wait for the next one.
    package var duration: Double
    /// Milliseconds from exec to the wait for the first event; only with a cold start.
    package var initDuration: Double?
    /// Megabytes.
    package var memorySize: Int
    /// Megabytes: the largest resident set of the sandbox so far.
    package var maxMemoryUsed: Int

    /// Whole milliseconds, the start included, as Lambda bills since August 2025.
    package var billedDuration: Int { Int((duration + (initDuration ?? 0)).rounded(.up)) }

    package var line: String {
        var line =
            "REPORT RequestId: \(requestID)\tDuration: \(hundredths(duration)) ms\tBilled Duration: "
            + "\(billedDuration) ms\tMemory Size: \(memorySize) MB\tMax Memory Used: \(maxMemoryUsed) MB"
        if let initDuration { line += "\tInit Duration: \(hundredths(initDuration)) ms" }
        return line
    }

    private func hundredths(_ milliseconds: Double) -> String {
        let number = Int((milliseconds * 100).rounded())
        return "\(number / 100).\(number % 100 < 10 ? "0" : "")\(number % 100)"
    }
}
