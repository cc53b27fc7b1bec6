import Logging
import UTC

/// What the Runtime API says about one invocation, in addition to its event. An empty header counts as absent.
public struct InvocationContext: Sendable {
    public var requestID: String
    /// When Lambda will kill the sandbox, by its wall clock.
    public var deadline: EpochMilliseconds
    public var functionARN: String?
    /// The X-Ray trace this invocation belongs to, as `_X_AMZN_TRACE_ID` has it.
    public var traceID: String?
    /// JSON that a mobile SDK sent along.
    public var clientContext: String?
    /// JSON on the Amazon Cognito identity that called.
    public var cognitoIdentity: String?
    /// Set for functions with tenant isolation.
    public var tenantID: String?
    /// Tells this invocation from a later one of the same request id, e.g. after a time-out.
    public var invocationID: String?
    /// Puts `requestId` (and `tenantId`) on every line.
    public var logger: Logger

    /// Milliseconds until Lambda kills the sandbox; 0 where that moment has passed.
    public var remainingMilliseconds: Int { max(0, Int(deadline - Clock.now())) }

    public init(
        requestID: String, deadline: EpochMilliseconds, functionARN: String? = nil, traceID: String? = nil,
        clientContext: String? = nil, cognitoIdentity: String? = nil, tenantID: String? = nil,
        invocationID: String? = nil, logger: Logger
    ) {
        self.requestID = requestID
        self.deadline = deadline
        self.functionARN = functionARN
        self.traceID = traceID
        self.clientContext = clientContext
        self.cognitoIdentity = cognitoIdentity
        self.tenantID = tenantID
        self.invocationID = invocationID
        self.logger = logger
        self.logger[metadataKey: "requestId"] = .string(requestID)
        if let tenantID { self.logger[metadataKey: "tenantId"] = .string(tenantID) }
    }
}
