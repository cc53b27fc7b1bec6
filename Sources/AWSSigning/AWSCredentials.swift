import UTC

/// Who signs. Printing it, in a log or a test's failure, shows neither the secret nor the token.
package struct AWSCredentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package var accessKeyID: String
    package var secretAccessKey: String
    /// Temporary credentials, which a Lambda role's are, come with one.
    package var sessionToken: String?
    /// When AWS stops accepting them; `nil` if unknown.
    package var expiration: EpochMilliseconds?

    package init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil,
        expiration: EpochMilliseconds? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    package var description: String {
        "credentials \(accessKeyID.prefix(4))…\(sessionToken == nil ? "" : " with a session token")"
    }

    package var debugDescription: String { description }

    /// `dump` and the test library walk the members otherwise.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
