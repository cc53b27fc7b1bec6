import AWSSigning

/// A service of AWS as the client needs to know it: where it is, and how its requests are signed. Each service's target
/// declares its own.
public struct AWSService: Sendable, Equatable {
    /// How the host of an endpoint that has IPv6 addresses as well is written.
    public enum DualStackHost: Sendable {
        /// `s3.dualstack.REGION.amazonaws.com`
        case label
        /// `glue.REGION.api.aws`, as nearly all services have it.
        case suffix
    }

    /// What its host begins with, what a signature's scope names, and what its permissions begin with: `s3`, `glue`.
    public let id: String
    /// What messages call it: `S3`, `Secrets Manager`.
    public let name: String
    /// The variable that names an endpoint for this service alone: `AWS_ENDPOINT_URL_S3`.
    public let endpointVariable: String
    public let signing: SigV4Signer.Rules
    public let dualStackHost: DualStackHost
    /// The header in which the service wants the body's SHA-256 in base64, if any: it checks the body against it.
    public let checksumHeader: String?
    /// Whether a VPC reaches it through a gateway endpoint, which costs nothing; all others need an interface endpoint.
    public let hasGatewayEndpoint: Bool
    /// Whether its responses are XML; all others are JSON.
    public let writesXML: Bool

    public init(
        _ id: String, name: String, endpointVariable: String, signing: SigV4Signer.Rules = .generic,
        dualStackHost: DualStackHost = .suffix, checksumHeader: String? = nil, hasGatewayEndpoint: Bool = false,
        writesXML: Bool = false
    ) {
        self.id = id
        self.name = name
        self.endpointVariable = endpointVariable
        self.signing = signing
        self.dualStackHost = dualStackHost
        self.checksumHeader = checksumHeader
        self.hasGatewayEndpoint = hasGatewayEndpoint
        self.writesXML = writesXML
    }

    public static func == (left: AWSService, right: AWSService) -> Bool { left.id == right.id }
}
