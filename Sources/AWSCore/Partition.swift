/// The names that differ between AWS's partitions, as the SDKs have them in their `partitions.json`.
/// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
package struct Partition: Sendable, Equatable {
    /// What the names of its regions begin with.
    private let regions: String
    /// `aws`, as ARNs have it.
    package let name: String
    /// What the hosts of its services end in.
    package let suffix: String
    /// The same for hosts with addresses of IPv6 as well; S3's keep the usual one.
    package let dualStackSuffix: String

    /// A region that none of the others claims is the world's, as it is to the SDKs.
    package init(region: String) {
        self = Self.others.first { region.hasPrefix($0.regions) } ?? Self.world
    }

    private init(_ regions: String, _ name: String, _ suffix: String, dualStack: String) {
        self.regions = regions
        self.name = name
        self.suffix = suffix
        dualStackSuffix = dualStack
    }

    private static let world = Partition("", "aws", "amazonaws.com", dualStack: "api.aws")

    private static let others = [
        Partition("cn-", "aws-cn", "amazonaws.com.cn", dualStack: "api.amazonwebservices.com.cn"),
        Partition("us-gov-", "aws-us-gov", "amazonaws.com", dualStack: "api.aws"),
        Partition("eusc-", "aws-eusc", "amazonaws.eu", dualStack: "api.amazonwebservices.eu"),
        Partition("us-iso-", "aws-iso", "c2s.ic.gov", dualStack: "api.aws.ic.gov"),
        Partition("us-isob-", "aws-iso-b", "sc2s.sgov.gov", dualStack: "api.aws.scloud"),
        Partition("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", dualStack: "api.cloud-aws.adc-e.uk"),
        Partition("us-isof-", "aws-iso-f", "csp.hci.ic.gov", dualStack: "api.aws.hci.ic.gov"),
    ]
}
