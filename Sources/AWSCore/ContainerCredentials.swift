import AWSSigning
import Bytes
import Environment
import HTTP
import JSON
import Libc
import UTC

/// The HTTP endpoint beside a container that hands out its role's credentials.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
struct ContainerCredentials {
    private let environment: Environment
    private let url: String
    private let http: HTTPClient

    init(environment: Environment, certificateBundle: String?) throws(AWSFailure) {
        self.environment = environment
        if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            url = "http://169.254.170.2" + path
        } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            url = full
        } else {
            throw failure(
                .credentials, "NoCredentials", "there are none in the environment, and no container endpoint is set",
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        }
        // What stands before it would be a user and a password, which have no use there and would get into errors.
        guard !url.utf8.contains(UInt8(ascii: "@")) else {
            throw failure(
                .configuration, "HostNotAllowed", "the container endpoint's address contains an @",
                "Write AWS_CONTAINER_CREDENTIALS_FULL_URI without a user, and encode an @ in its path as %40")
        }
        guard Self.isAllowed(url) else {
            throw failure(
                .configuration, "HostNotAllowed", "AWS_CONTAINER_CREDENTIALS_FULL_URI points outside this machine",
                "Use https, a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]")
        }
        // The endpoint is on this machine or beside it: no proxy stands between.
        http = HTTPClient(
            HTTPClient.Configuration(
                certificateBundle: certificateBundle, usesProxyEnvironment: false, keptConnections: 1))
    }

    /// The rule of the SDKs: over plain HTTP a token goes to this machine only, or to the addresses of ECS and EKS.
    static func isAllowed(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return true }
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst(7).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@"), !authority.contains("\\") else { return false }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        if ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", "localhost"].contains(String(host)) {
            return true
        }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }

    /// Three tries of at most two seconds each: the endpoint is near, and an invocation waits.
    func fetch(within milliseconds: Int64) throws(AWSFailure) -> AWSCredentials {
        let started = Clock.monotonic()
        var last = failure(.unavailable, "NoAnswer", "the container endpoint did not respond")
        for attempt in 1...3 {
            var headers: [(name: String, value: String)] = [("Accept", "application/json")]
            let token = try token()
            if let token { headers.append(("Authorization", token)) }
            let rest = milliseconds - (Clock.monotonic() - started)
            guard rest > 0 else { break }
            let limits = HTTPLimits(connect: 1000, total: Int(min(2000, rest)))
            do {
                let response = try http.send(
                    HTTPRequest(.get, url, headers: headers, limits: limits, responseLimit: 1 << 20))
                let body = response.body.padded
                if response.status == 200, let credentials = Self.credentials(body) { return credentials }
                let said = JSONObject.string("message", in: body) ?? ""
                last = failure(
                    response.status < 500 && response.status != 429 && response.status != 200
                        ? .credentials : .unavailable,
                    oneLine(redacted(JSONObject.string("code", in: body) ?? "NoCredentials", [token]), limit: 80),
                    said.isEmpty ? "the container endpoint returned no credentials" : oneLine(redacted(said, [token])))
                last.status = response.status
            } catch {
                last = failure(.unavailable, "NoAnswer", oneLine(error.description))
            }
            last.attempts = attempt
            if last.kind == .credentials { break }
        }
        throw last
    }

    private static func credentials(_ json: PaddedBytes) -> AWSCredentials? {
        guard let keyID = JSONObject.string("AccessKeyId", in: json), !keyID.isEmpty,
            let secret = JSONObject.string("SecretAccessKey", in: json), !secret.isEmpty
        else { return nil }
        return AWSCredentials(
            accessKeyID: keyID, secretAccessKey: secret, sessionToken: JSONObject.string("Token", in: json),
            expiration: JSONObject.string("Expiration", in: json).flatMap(MomentText.rfc3339))
    }

    /// Read again each time, since the file's content is replaced now and then.
    private func token() throws(AWSFailure) -> String? {
        var token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            guard let text = contents(of: path) else {
                throw failure(
                    .configuration, "NoToken", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read: \(path)")
            }
            token = text
        }
        // A line break would start another header.
        guard let token, token.utf8.contains(where: { $0 < 0x20 }) else { return token }
        throw failure(.configuration, "BadToken", "the container's authorization token contains a line break")
    }
}

private func failure(
    _ kind: AWSFailure.Kind, _ code: String, _ message: String, _ advice: String = ""
) -> AWSFailure {
    AWSFailure(
        kind: kind, operation: .getCredentials, resource: "container endpoint", code: code, message: message,
        advice: advice)
}

/// A small file as text; `nil` where it cannot be read.
private func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    let buffer = ByteBuffer(capacity: 4096)
    var got = 0
    repeat {
        buffer.appendUninitialized(atMost: 4096) { room in
            got = fread(room, 1, 4096, file)
            return got
        }
    } while got > 0 && buffer.count < 65_536
    return buffer.text
}
