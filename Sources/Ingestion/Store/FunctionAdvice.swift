import AWSCore
import AWSGlue
import AWSS3

/// What the function's operator can do about a failure: the role, the bucket and the crawler are what the stack sets.
struct FunctionAdvice: FailureAdviser {
    /// `EXPECTED_BUCKET_OWNER`
    var expectedBucketOwner: String?

    func advice(_ failure: AWSFailure, at place: AWSPlace) -> String? {
        if place.service == .s3, let text = encryptionKey(failure, place) { return text }
        return switch failure.kind {
        case .denied where failure.code == "AccountProblem" || failure.code == "AllAccessDisabled":
            "AWS has closed the account or the bucket off: look at the account's bills and messages in AWS's console"
        case .denied: denied(failure, place) + othersBucket(place)
        case .notFound: notFound(failure, place)
        case .wrongRegion(let region):
            "The bucket is \(region.map { "in \($0)" } ?? "in another region") and the function in \(place.region): "
                + "deploy the function there, or use a bucket in \(place.region)"
        case .expiredCredentials:
            "The credentials have expired: Lambda replaces a role's with a new sandbox; static ones in "
                + "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be replaced by you"
        case .credentials where failure.code == "NoCredentials":
            "Give the function an execution role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        case .credentials where failure.operation != .getCredentials:
            "AWS does not accept the credentials: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                + "AWS_SESSION_TOKEN, or remove them to use the function's role"
        case .deadline: "Raise the function's timeout, or lower the event source's batch size"
        case .throttled: "Lower UPLOAD_CONCURRENCY or the event source's concurrency if it goes on"
        case .unavailable where ["Unreachable", "Timeout"].contains(failure.code):
            "A function in a VPC needs a NAT gateway or "
                + "\(place.service.hasGatewayEndpoint ? "a gateway" : "an interface") endpoint for \(place.service.name)"
                + ", and a security group that lets HTTPS out"
        case .configuration where failure.operation == .putObject: objectOptions(failure)
        default: nil
        }
    }

    /// S3 hands on KMS's own codes with `KMS.` before them, as `KMS.DisabledException`.
    /// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html#API_GenerateDataKey_Errors
    private func encryptionKey(_ failure: AWSFailure, _ place: AWSPlace) -> String? {
        guard failure.code.hasPrefix("KMS."), failure.kind != .throttled, failure.kind != .unavailable else { return nil }
        let key = "the KMS key that KMS_KEY_ID names, or the bucket's default encryption"
        switch failure.code.dropFirst(4) {
        case "NotFoundException":
            return "There is no such KMS key in \(place.region): check \(key); a key of another account needs its whole ARN"
        case "DisabledException":
            return "Enable \(key) (aws kms enable-key --key-id KEY), or name another one; objects that it encrypted "
                + "cannot be read until then either"
        case "KMSInvalidStateException":
            return "See the state of \(key) (aws kms describe-key --key-id KEY): a deletion that is pending can be cancelled "
                + "(aws kms cancel-key-deletion), and key material that has expired imported again"
        case "InvalidKeyUsageException":
            return "Name a symmetric key for encryption (SYMMETRIC_DEFAULT) with KMS_KEY_ID; S3 takes no other"
        case "AccessDeniedException": return denied(failure, place)
        default: return "See the state and the policy of \(key) (aws kms describe-key --key-id KEY)"
        }
    }

    private func objectOptions(_ failure: AWSFailure) -> String? {
        switch failure.code {
        case "InvalidStorageClass": "Set STORAGE_CLASS to one that the bucket takes, or unset it"
        case "InvalidTag", "InvalidTagError": "Correct OBJECT_TAGS, or unset it"
        case "InvalidEncryptionAlgorithmError": "Set SERVER_SIDE_ENCRYPTION to what the bucket takes, or unset it"
        case "InvalidArgument", "InvalidRequest":
            "Check SERVER_SIDE_ENCRYPTION, KMS_KEY_ID, STORAGE_CLASS and OBJECT_TAGS, which are part of the request"
        default: nil
        }
    }

    private func denied(_ failure: AWSFailure, _ place: AWSPlace) -> String {
        if failure.namesKMS {
            return "The objects are encrypted with a KMS key: allow the function's role kms:GenerateDataKey "
                + "(and kms:Decrypt) on it"
        }
        let operation = failure.operation
        guard operation != .getCredentials, operation != .deleteObject else { return "" }
        return "Allow the function's role \(operation.permission) on \(place.resource.arn)\(operation.permissionNote)"
    }

    /// S3 has one answer for a missing permission and for a bucket of another account than was expected.
    private func othersBucket(_ place: AWSPlace) -> String {
        guard let expectedBucketOwner, place.service == .s3 else { return "" }
        return "; see also that the bucket belongs to account \(expectedBucketOwner), as EXPECTED_BUCKET_OWNER says"
    }

    private func notFound(_ failure: AWSFailure, _ place: AWSPlace) -> String {
        switch (failure.operation, failure.code) {
        case (.startCrawler, _): "There is no such crawler in \(place.region): set CRAWLER_NAME to one, or unset it"
        case (.headObject, "NotFound"), (_, "NoSuchKey"): ""
        default: "There is no such bucket: create it, or set INGESTION_BUCKET to one that exists"
        }
    }
}
