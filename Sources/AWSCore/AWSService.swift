import AWSSigning

/// A service of AWS as the client needs to know it: where it is, and how its requests are signed. Each service's target
/// declares its own.
package struct AWSService: Sendable, Equatable {
    /// How the host of an endpoint that has IPv6 addresses as well is written.
    package enum DualStackHost: Sendable {
        /// `s3.dualstack.REGION.amazonaws.com`
        case label
        /// `glue.REGION.api.aws`, as nearly all services have it.
        case suffix
    }

    /// What its host begins with, what a signature's scope names, and what its permissions begin with: `s3`, `glue`.
    package let id: String
    /// What messages call it: `S3`, `Secrets Manager`.
    package let name: String
    /// The variable that names an endpoint for this service alone: `AWS_ENDPOINT_URL_S3`.
    package let endpointVariable: String
    package let signing: SigV4Signer.Rules
    package let dualStackHost: DualStackHost
    /// The header in which the service wants the body's SHA-256 in base64, if any: it checks the body against it.
    package let checksumHeader: String?
    /// Whether a VPC reaches it through a gateway endpoint, which costs nothing; all others need an interface endpoint.
    package let hasGatewayEndpoint: Bool
    /// Whether its responses are XML; all others are JSON.
    package let writesXML: Bool

    package init(
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

    package static func == (left: AWSService, right: AWSService) -> Bool { left.id == right.id }
}
