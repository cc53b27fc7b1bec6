/// Why a request to AWS did not do what it was to do: what failed, on which resource, and what to change.
/// One line as text. It never holds a secret, a session token or a record.
package struct AWSFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The role, or a policy of the resource, does not allow it.
        case denied
        /// No such bucket, object or crawler.
        case notFound
        /// Someone else is changing the same thing.
        case conflict
        case expiredCredentials
        /// There are none, or AWS does not know them, or the signature is refused.
        case credentials
        /// The bucket is elsewhere; where, if the response said so.
        case wrongRegion(String?)
        /// This machine's clock is off and could not be corrected.
        case clock
        /// The invocation's deadline left no time.
        case deadline
        /// The request can never succeed as it is set up.
        case configuration
        /// The proxy on the way cannot be reached, or does not let the request through.
        case proxy
        /// The service's certificate is not trusted, or the proxy's.
        case untrusted
        /// Something else than the service has answered, and refused.
        case foreign
        case throttled
        /// No answer, a 5xx, a broken answer: later it may work.
        case unavailable
    }

    package var kind: Kind
    package var operation: AWSOperation
    /// `s3://bucket/key`, `crawler NAME`
    package var resource: String
    /// AWS's own code ("AccessDenied", "NoSuchBucket"), or ours if there was no response ("Timeout").
    package var code: String
    /// HTTP status; `nil` if there was no response.
    package var status: Int?
    /// What the service or libcurl says, one line.
    package var message: String
    /// What to change; empty where there is nothing to say.
    package var advice: String
    /// How many times the request was made.
    package var attempts: Int
    /// `x-amz-request-id`, which AWS's support asks for.
    package var requestID: String?

    package init(
        kind: Kind, operation: AWSOperation, resource: String, code: String, status: Int? = nil, message: String,
        advice: String = "", attempts: Int = 0, requestID: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.resource = resource
        self.code = code
        self.status = status
        self.message = message
        self.advice = advice
        self.attempts = attempts
        self.requestID = requestID
    }

    /// Whether it is about the KMS key that the object is encrypted with.
    package var namesKMS: Bool { code.hasPrefix("KMS") || firstRange(of: "kms:", in: message) != nil }

    /// Whether it is Lake Formation that does not allow it, whatever the policies say.
    package var namesLakeFormation: Bool { firstRange(of: "Lake Formation", in: message) != nil }

    package var description: String {
        var text = "\(operation) \(resource): \(code)"
        if let status { text += " (HTTP \(status))" }
        if !message.isEmpty { text += ": \(message)" }
        // S3's messages end with a full stop, libcurl's do not.
        if !advice.isEmpty { text += (text.hasSuffix(".") ? " " : ". ") + advice }
        if attempts > 1 { text += " [\(attempts) attempts]" }
        if let requestID { text += " [request \(requestID)]" }
        return text
    }
}
