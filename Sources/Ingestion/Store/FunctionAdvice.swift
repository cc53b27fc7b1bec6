import AWSCore
import AWSGlue
import AWSS3

/// What the function's operator can do about a failure: the stack sets the role, the bucket and the crawler.
struct FunctionAdvice: FailureAdviser {
    /// `EXPECTED_BUCKET_OWNER`
    var expectedBucketOwner: String?

    func advice(_ failure: AWSFailure, at place: AWSPlace) -> String? {
        if place.service == .s3, let text = encryptionKey(failure, place) { return text }
        if place.service == .glue, let text = table(failure, place) { return text }
        return switch failure.kind {
        case .denied where failure.code == "AccountProblem" || failure.code == "AllAccessDisabled":
            "AWS has suspended the account or blocked the bucket: check its bills and messages in the AWS console"
        case .denied: denied(failure, place) + othersBucket(place)
        case .notFound: notFound(failure, place)
        case .wrongRegion(let region):
            "The bucket is \(region.map { "in \($0)" } ?? "in another region") and the function is in \(place.region): "
                + "deploy the function in the bucket's region, or use a bucket in \(place.region)"
        case .expiredCredentials:
            "The credentials have expired: Lambda renews a role's credentials with a new sandbox; static ones in "
                + "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN have to be replaced by hand"
        case .credentials where failure.code == "NoCredentials":
            "Give the function an execution role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        case .credentials where failure.operation != .getCredentials:
            "AWS rejected the credentials: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                + "AWS_SESSION_TOKEN, or remove them to use the function's role"
        case .deadline: "Raise the function's timeout, or lower the event source's batch size"
        case .throttled: "If this continues, lower UPLOAD_CONCURRENCY or the event source's concurrency"
        case .unavailable where ["Unreachable", "Timeout"].contains(failure.code):
            "A function in a VPC needs a NAT gateway or "
                + "\(place.service.hasGatewayEndpoint ? "a gateway" : "an interface") endpoint for "
                + "\(place.service.name), and a security group that allows outbound HTTPS"
        case .configuration where failure.operation == .putObject: objectOptions(failure)
        default: nil
        }
    }

    /// What Glue refuses for other reasons than a policy.
    /// https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
    private func table(_ failure: AWSFailure, _ place: AWSPlace) -> String? {
        switch failure.code {
        case "AccessDeniedException" where failure.namesLakeFormation:
            "Lake Formation governs the database: grant the function's role DESCRIBE and CREATE_TABLE on it, ALTER on "
                + "its tables and DATA_LOCATION_ACCESS on the bucket (aws lakeformation grant-permissions), or let "
                + "IAM alone control access (grant IAMAllowedPrincipals)"
        case "ResourceNumberLimitExceededException":
            "Glue's limit is reached: delete tables or old versions of tables that nobody needs (aws glue "
                + "batch-delete-table-version), or request a higher quota"
        case "EntityNotFoundException" where failure.operation != .startCrawler:
            "The database does not exist in \(place.region): create it, or set GLUE_DATABASE to one that does"
        case "GlueEncryptionException":
            "The catalog's metadata is encrypted with a KMS key: allow the function's role kms:Decrypt and "
                + "kms:GenerateDataKey on it"
        default: nil
        }
    }

    /// S3 passes on KMS's own codes with the prefix `KMS.`, as in `KMS.DisabledException`.
    /// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html#API_GenerateDataKey_Errors
    private func encryptionKey(_ failure: AWSFailure, _ place: AWSPlace) -> String? {
        guard failure.code.hasPrefix("KMS."), failure.kind != .throttled, failure.kind != .unavailable else {
            return nil
        }
        let key = "the KMS key that KMS_KEY_ID names, or the bucket's default encryption"
        switch failure.code.dropFirst(4) {
        case "NotFoundException":
            return "The KMS key does not exist in \(place.region): check \(key); "
                + "a key of another account needs its full ARN"
        case "DisabledException":
            return "Enable \(key) (aws kms enable-key --key-id KEY), or choose another one; objects encrypted with it "
                + "cannot be read until then either"
        case "KMSInvalidStateException":
            return "Check the state of \(key) (aws kms describe-key --key-id KEY): a pending deletion can be cancelled "
                + "(aws kms cancel-key-deletion), and expired key material can be imported again"
        case "InvalidKeyUsageException":
            return "Set KMS_KEY_ID to a symmetric encryption key (SYMMETRIC_DEFAULT); S3 accepts no other kind"
        case "AccessDeniedException": return denied(failure, place)
        default: return "Check the state and the policy of \(key) (aws kms describe-key --key-id KEY)"
        }
    }

    private func objectOptions(_ failure: AWSFailure) -> String? {
        switch failure.code {
        case "InvalidStorageClass": "Set STORAGE_CLASS to one that the bucket supports, or unset it"
        case "InvalidTag", "InvalidTagError": "Correct OBJECT_TAGS, or unset it"
        case "InvalidEncryptionAlgorithmError":
            "Set SERVER_SIDE_ENCRYPTION to one that the bucket supports, or unset it"
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

    /// S3 has one response for a missing permission and for a bucket of another account than expected.
    private func othersBucket(_ place: AWSPlace) -> String {
        guard let expectedBucketOwner, place.service == .s3 else { return "" }
        return "; also check that the bucket belongs to account \(expectedBucketOwner) (EXPECTED_BUCKET_OWNER)"
    }

    private func notFound(_ failure: AWSFailure, _ place: AWSPlace) -> String {
        switch (failure.operation, failure.code) {
        case (.startCrawler, _):
            "The crawler does not exist in \(place.region): set CRAWLER_NAME to one that does, or unset it"
        case (.headObject, "NotFound"), (_, "NoSuchKey"): ""
        default: "The bucket does not exist: create it, or set INGESTION_BUCKET to one that does"
        }
    }
}
