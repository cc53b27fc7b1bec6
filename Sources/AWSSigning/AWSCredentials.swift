import UTC

/// Who signs. Printing it, in a log or a test's failure, shows neither the secret nor the token.
public struct AWSCredentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public var accessKeyID: String
    public var secretAccessKey: String
    /// Temporary credentials, which a Lambda role's are, come with one.
    public var sessionToken: String?
    /// When AWS stops accepting them; `nil` if unknown.
    public var expiration: EpochMilliseconds?

    public init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil,
        expiration: EpochMilliseconds? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    public var description: String {
        "credentials \(accessKeyID.prefix(4))…\(sessionToken == nil ? "" : " with a session token")"
    }

    public var debugDescription: String { description }

    /// `dump` and the test library walk the members otherwise.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
