import Bytes
import HTTP
import Logging
import UTC

/// Why the next invocation could not be fetched.
struct NextInvocationError: ReportableError, Equatable, CustomStringConvertible {
    let description: String
    var errorType: String { "Runtime.NoInvocation" }
    var errorMessage: String { description }
}

extension RuntimeAPI {
    /// Longer events are not received, in bytes: Lambda's are 6 MB at most; anything longer is not from Lambda.
    /// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    static let longestEvent = 32 << 20

    /// `GET invocation/next`: waits, for hours if need be, until there is an event, and receives it into `event`.
    func next(into event: ByteBuffer, logger: Logger) throws(NextInvocationError) -> InvocationContext {
        let response: HTTPResponse
        do {
            // No limit on the whole: the sandbox is frozen while it waits.
            response = try client.send(
                HTTPRequest(
                    .get, base + "invocation/next", limits: HTTPLimits(connect: 3_000),
                    responseLimit: Self.longestEvent, responseBody: event))
        } catch {
            throw NextInvocationError(description: error.description)
        }
        guard response.status == 200 else {
            throw NextInvocationError(description: "invocation/next returned status \(response.status)")
        }
        return try InvocationContext(response.headers, logger: logger)
    }
}

extension InvocationContext {
    /// Lambda's longest time-out: what is assumed where no deadline is given.
    static let longestTimeout: Int64 = 15 * 60 * 1000
    /// Milliseconds since 1970 up to the year 9999: what is reckoned with another number would leave the 64 bits.
    private static let deadlines: Range<EpochMilliseconds> = 0..<253_402_300_800_000

    init(_ headers: HTTPHeaders, logger: Logger) throws(NextInvocationError) {
        // Without it there is no path for the response.
        guard let requestID = headers[HeaderName.requestID] else {
            throw NextInvocationError(description: "invocation/next responded without \(HeaderName.requestID)")
        }
        let deadline = headers[HeaderName.deadline].flatMap { EpochMilliseconds($0) }
            .flatMap { Self.deadlines.contains($0) ? $0 : nil }
        self.init(
            requestID: requestID,
            deadline: deadline ?? Clock.now() + Self.longestTimeout,
            functionARN: headers[HeaderName.functionARN],
            traceID: headers[HeaderName.traceID],
            clientContext: headers[HeaderName.clientContext],
            cognitoIdentity: headers[HeaderName.cognitoIdentity],
            tenantID: headers[HeaderName.tenantID],
            invocationID: headers[HeaderName.invocationID],
            logger: logger)
        if deadline == nil {
            self.logger.warning("\(HeaderName.deadline) is missing or not a time: assuming a timeout of 15 minutes")
        }
    }

    /// The echo that lets the service tell a reply to this invocation from one to an earlier, timed-out one.
    var echoedHeaders: [(name: String, value: String)] {
        invocationID.map { [(HeaderName.invocationID, $0)] } ?? []
    }
}
