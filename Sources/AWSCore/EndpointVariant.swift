import Environment

/// Which of a service's endpoints are used: those of validated cryptography, those with addresses of IPv6, or both.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
package struct EndpointVariant: Sendable, Equatable {
    /// `AWS_USE_FIPS_ENDPOINT`
    package var isFIPS = false
    /// `AWS_USE_DUALSTACK_ENDPOINT`
    package var isDualStack = false

    static let fips = "AWS_USE_FIPS_ENDPOINT", dualStack = "AWS_USE_DUALSTACK_ENDPOINT"

    /// Those that are set.
    var variables: [String] { (isFIPS ? [Self.fips] : []) + (isDualStack ? [Self.dualStack] : []) }

    /// - Throws: where a value is neither true nor false, and where there are no such endpoints in `region`.
    init(_ environment: Environment, region: String) throws(ConfigurationError) {
        isFIPS = try Self.flag(Self.fips, environment)
        isDualStack = try Self.flag(Self.dualStack, environment)
        guard isFIPS else { return }
        guard Self.mayHaveFIPS(region) else {
            throw ConfigurationError(
                Self.fips,
                "is true, but \(region) has no FIPS endpoints: unset it, or choose a region of the US or Canada")
        }
    }

    /// China has none, and in the world's partition the US and Canada have some; of the others not all are known.
    private static func mayHaveFIPS(_ region: String) -> Bool {
        switch Partition(region: region).name {
        case "aws": region.hasPrefix("us-") || region.hasPrefix("ca-")
        case "aws-cn": false
        default: true
        }
    }

    private static func flag(_ name: String, _ environment: Environment) throws(ConfigurationError) -> Bool {
        // The SDKs take True as well.
        switch environment[name]?.lowercased() {
        case nil, "false": return false
        case "true": return true
        default: throw ConfigurationError(name, "is \"\(environment[name] ?? "")\"; expected true or false")
        }
    }

    /// An endpoint of one's own is what it is: the SDKs refuse to combine the two, and to pass over the wish for
    /// validated cryptography would be worse.
    func check(with endpoint: Endpoint?, _ service: AWSService) throws(ConfigurationError) {
        guard endpoint != nil, isFIPS || isDualStack else { return }
        throw ConfigurationError(
            isFIPS ? Self.fips : Self.dualStack,
            "is true, but \(service.endpointVariable) or AWS_ENDPOINT_URL sets the endpoint: unset one of the two")
    }

    /// `s3.eu-central-1.amazonaws.com`, `s3-fips.dualstack.us-east-1.amazonaws.com`, `glue-fips.us-east-1.api.aws`
    func host(of service: AWSService, region: String) -> String {
        let partition = Partition(region: region)
        let name = "\(service.id)\(isFIPS ? "-fips" : "")"
        guard isDualStack else { return "\(name).\(region).\(partition.suffix)" }
        return switch service.dualStackHost {
        case .label: "\(name).dualstack.\(region).\(partition.suffix)"
        case .suffix: "\(name).\(region).\(partition.dualStackSuffix)"
        }
    }
}
