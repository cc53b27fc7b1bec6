import AWSCore
import AWSS3
import Environment
import Testing

@testable import FunctionHost

/// Somebody at a terminal has no execution role, and has named no INGESTION_BUCKET.
@Suite struct DeveloperAdviceTests {
    private func advice(_ kind: AWSFailure.Kind, _ code: String, _ values: [String: String] = [:]) -> String {
        let place = AWSPlace(
            service: .s3, resource: HeadObject(bucket: S3Bucket("failed"), key: "k").resource(in: "us-east-1"),
            region: "us-east-1", host: "h")
        let operation: AWSOperation = code == "NoCredentials" ? .getCredentials : .putObject
        let failure = AWSFailure(kind: kind, operation: operation, resource: "", code: code, message: "")
        return DeveloperAdvice(Environment(values)).advice(failure, at: place) ?? ""
    }

    @Test func `a profile is said not to be read, and how its credentials get here`() {
        let text = advice(.credentials, "NoCredentials", ["AWS_PROFILE": "work"])
        #expect(text.hasPrefix("AWS_PROFILE is not supported here. "))
        #expect(text.contains("eval \"$(aws configure export-credentials --format env --profile work)\""))
        #expect(!advice(.credentials, "NoCredentials").contains("AWS_PROFILE"))
        #expect(advice(.credentials, "InvalidAccessKeyId").contains("export-credentials"))
    }

    @Test func `a missing bucket is the one that the option named`() {
        #expect(
            advice(.notFound, "NoSuchBucket")
                == "Create the bucket (aws s3 mb s3://failed), or choose another one with --on-failure-destination")
        #expect(advice(.wrongRegion("eu-west-1"), "PermanentRedirect").contains("AWS_REGION"))
        #expect(advice(.denied, "AccessDenied").contains("get-caller-identity"))
    }

    @Test func `speaks of no role and of no variable of the function's`() {
        let failures: [(AWSFailure.Kind, String)] = [
            (.credentials, "NoCredentials"), (.expiredCredentials, "ExpiredToken"), (.denied, "AccessDenied"),
            (.notFound, "NoSuchBucket"),
            (.wrongRegion(nil), "PermanentRedirect"), (.throttled, "SlowDown"), (.unavailable, "Unreachable"),
            (.deadline, "Timeout"),
        ]
        for (kind, code) in failures {
            let text = advice(kind, code)
            for word in ["execution role", "function's role", "INGESTION_BUCKET", "UPLOAD_CONCURRENCY", "NAT"] {
                #expect(!text.contains(word))
            }
        }
    }
}
