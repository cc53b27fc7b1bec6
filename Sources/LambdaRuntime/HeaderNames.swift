/// Every header of the Runtime API, at one place
/// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
enum HeaderName {
    // On the answer to GET invocation/next.
    static let requestID = "Lambda-Runtime-Aws-Request-Id"
    static let deadline = "Lambda-Runtime-Deadline-Ms"
    static let functionARN = "Lambda-Runtime-Invoked-Function-Arn"
    static let traceID = "Lambda-Runtime-Trace-Id"
    static let clientContext = "Lambda-Runtime-Client-Context"
    static let cognitoIdentity = "Lambda-Runtime-Cognito-Identity"
    static let tenantID = "Lambda-Runtime-Aws-Tenant-Id"

    /// On the answer to GET invocation/next, and sent back with what is posted about that invocation.
    static let invocationID = "Lambda-Runtime-Invocation-Id"

    // On what is posted.
    static let contentType = "Content-Type"
    static let errorType = "Lambda-Runtime-Function-Error-Type"
    static let errorCause = "Lambda-Runtime-Function-XRay-Error-Cause"
}
