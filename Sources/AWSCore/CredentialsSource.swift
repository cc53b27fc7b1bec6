import AWSSigning
import Environment
import UTC

/// The credentials of the moment: from the environment, where Lambda puts those of the function's role, or else
/// from the container credentials endpoint (SnapStart, ECS and EKS offer one).
package final class CredentialsSource {
    private let environment: Environment
    private let certificateBundle: String?
    private var container: ContainerCredentials?
    private var fetched: AWSCredentials?

    package init(environment: Environment, certificateBundle: String? = nil) {
        self.environment = environment
        self.certificateBundle = certificateBundle
    }

    /// How long before their end fetched credentials are replaced; AWS offers new ones 15 minutes ahead.
    static let renewalMargin: EpochMilliseconds = 5 * 60_000

    /// - Parameter milliseconds: how long the endpoint may take, if it must be asked.
    /// - Throws: `.credentials` where there are none, `.unavailable` or `.configuration` where the container's
    ///   endpoint gives none.
    package func current(
        _ now: EpochMilliseconds, within milliseconds: Int64 = .max
    ) throws(AWSFailure) -> AWSCredentials {
        if let ours = try fromEnvironment() { return ours }
        if let fetched, fetched.expiration.map({ now < $0 - Self.renewalMargin }) ?? true { return fetched }
        do {
            let new = try endpoint().fetch(within: milliseconds)
            fetched = new
            return new
        } catch {
            // Those in hand serve to their last second: the endpoint may be back by then.
            if let fetched, let end = fetched.expiration, now < end { return fetched }
            throw error
        }
    }

    /// Called when AWS says that `used` have expired. True where there are others now, so that another try makes
    /// sense; the environment's are what they are.
    func renew(_ used: AWSCredentials, _ now: EpochMilliseconds, within milliseconds: Int64) -> Bool {
        if fetched == used { fetched = nil }
        guard let new = try? current(now, within: milliseconds) else { return false }
        return new.accessKeyID != used.accessKeyID || new.sessionToken != used.sessionToken
    }

    private func fromEnvironment() throws(AWSFailure) -> AWSCredentials? {
        let keyID = environment["AWS_ACCESS_KEY_ID"]
        let secret = environment["AWS_SECRET_ACCESS_KEY"]
        if keyID == nil, secret == nil { return nil }
        guard let keyID, let secret else {
            let missing = keyID == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            throw AWSFailure(
                kind: .credentials, operation: .getCredentials, resource: "environment", code: "Incomplete",
                message: "\(missing) is not set", advice: "Set it, or unset the other one")
        }
        return AWSCredentials(
            accessKeyID: keyID, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"])
    }

    private func endpoint() throws(AWSFailure) -> ContainerCredentials {
        if let container { return container }
        let new = try ContainerCredentials(environment: environment, certificateBundle: certificateBundle)
        container = new
        return new
    }
}

extension AWSOperation {
    /// From the container's endpoint, or from the environment; no request to AWS.
    package static let getCredentials = AWSOperation(
        AWSService(
            "credentials", name: "the credentials endpoint", endpointVariable: "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        "GetCredentials")
}
