import AWSCore
import AWSS3
import Environment

/// What somebody at a terminal can do about a failure: their own credentials, and the options they passed.
package struct DeveloperAdvice: FailureAdviser {
    private let profile: String?

    package init(_ environment: Environment) {
        profile = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
    }

    package func advice(_ failure: AWSFailure, at place: AWSPlace) -> String? {
        switch failure.kind {
        case .credentials where failure.code == "NoCredentials", .expiredCredentials:
            return credentials
        case .credentials where failure.operation != .getCredentials:
            return "AWS rejected these credentials. \(credentials)"
        case .denied:
            guard !failure.namesKMS else { return nil }
            return "Allow the identity of these credentials (aws sts get-caller-identity) "
                + "\(failure.operation.permission) on \(place.resource.patternARN)"
        case .notFound where failure.code == "NoSuchBucket":
            return failure.operation == .putObject
                ? "Create the bucket (aws s3 mb s3://\(place.resource.bucket ?? "")), "
                    + "or choose another one with --on-failure-destination"
                : "Check the bucket's name, and that AWS_REGION is its region"
        case .wrongRegion(let region):
            return "The bucket is in \(region ?? "another region"): set AWS_REGION to that"
        default: return nil
        }
    }

    /// The tool reads no profile, which may lead to a login in a browser: the AWS command does that better.
    private var credentials: String {
        let export =
            "eval \"$(aws configure export-credentials --format env\(profile.map { " --profile \($0)" } ?? ""))\""
        return (profile == nil ? "" : "AWS_PROFILE is not supported here. ")
            + "Export credentials in this shell: \(export); with a local AWS, AWS_ACCESS_KEY_ID=test "
            + "AWS_SECRET_ACCESS_KEY=test"
    }
}
