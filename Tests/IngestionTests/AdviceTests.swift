import AWSCore
import AWSGlue
import AWSS3
import Testing

@testable import Ingestion

/// What the log tells the operator to do is about what the operator can change.
@Suite("The function's advice")
struct AdviceTests {
    private func advice(
        _ kind: AWSFailure.Kind, _ code: String = "Code", message: String = "", _ operation: AWSOperation = .putObject,
        region: String = "us-east-1", owner: String? = nil
    ) -> String? {
        let resource =
            switch operation {
            case .startCrawler: StartCrawler(name: "crawler").resource(in: region)
            case .getTable, .createTable, .updateTable:
                GetTable(database: "lake", table: "orders").resource(in: region)
            case .listObjects: ListObjects(bucket: S3Bucket("rows"), prefix: "t/").resource(in: region)
            default: HeadObject(bucket: S3Bucket("rows"), key: "t/x.json").resource(in: region)
            }
        let place = AWSPlace(service: operation.service, resource: resource, region: region, host: "h")
        let failure = AWSFailure(kind: kind, operation: operation, resource: "", code: code, message: message)
        return FunctionAdvice(expectedBucketOwner: owner).advice(failure, at: place)
    }

    @Test("names the permission that is missing, and on what, in each partition")
    func permissions() {
        #expect(
            advice(.denied)?.hasPrefix("Allow the function's role s3:PutObject on arn:aws:s3:::rows/t/x.json, ") == true
        )
        #expect(advice(.denied, .listObjects)?.contains("s3:ListBucket on arn:aws:s3:::rows") == true)
        for operation in [AWSOperation.headObject, .getObject] {
            #expect(advice(.denied, operation)?.contains("s3:GetObject on arn:aws:s3:::rows/t/x.json") == true)
        }
        #expect(
            advice(.denied, .startCrawler, region: "us-isob-east-1")
                == "Allow the function's role glue:StartCrawler on "
                + "arn:aws-iso-b:glue:us-isob-east-1:ACCOUNT:crawler/crawler"
        )
        let partitions = [
            "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc",
            "us-iso-east-1": "aws-iso",
            "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
        ]
        for (region, partition) in partitions {
            #expect(advice(.denied, region: region)?.contains("on arn:\(partition):s3:::rows/") == true)
        }
        let kms = advice(.denied, "AccessDenied", message: "not authorized to perform: kms:GenerateDataKey")
        #expect(kms?.contains("allow the function's role kms:GenerateDataKey") == true)
    }

    @Test("says what a table lacks: a right, a database, a limit, or Lake Formation's leave")
    func tables() {
        let right =
            "Allow the function's role glue:UpdateTable on arn:aws:glue:us-east-1:ACCOUNT:table/lake/orders, on "
            + "its database and on the catalog"
        #expect(advice(.denied, "AccessDeniedException", message: "not authorized", .updateTable) == right)
        let governed = advice(
            .denied, "AccessDeniedException", message: "Insufficient Lake Formation permission(s)", .getTable)
        #expect(governed?.contains("ALTER") == true && governed?.contains("glue:GetTable") == false)
        #expect(advice(.notFound, "EntityNotFoundException", .createTable)?.contains("GLUE_DATABASE") == true)
        #expect(advice(.notFound, "EntityNotFoundException", .startCrawler)?.contains("CRAWLER_NAME") == true)
        #expect(
            advice(.configuration, "ResourceNumberLimitExceededException", .updateTable)?
                .contains("batch-delete-table-version") == true)
    }

    @Test(
        "says what to do about the KMS key, by the code that S3 hands on",
        arguments: [
            ("KMS.NotFoundException", "key does not exist in us-east-1"),
            ("KMS.DisabledException", "aws kms enable-key"),
            ("KMS.KMSInvalidStateException", "aws kms cancel-key-deletion"),
            ("KMS.InvalidKeyUsageException", "SYMMETRIC_DEFAULT"), ("KMS.AccessDeniedException", "kms:GenerateDataKey"),
            ("KMS.UnsupportedOperationException", "aws kms describe-key"),
        ])
    func encryptionKey(code: String, step: String) {
        for operation in [AWSOperation.putObject, .getObject] {
            #expect(advice(.configuration, code, operation)?.contains(step) == true)
        }
    }

    @Test(
        "names the variable that S3 refuses",
        arguments: [("InvalidStorageClass", "STORAGE_CLASS"), ("InvalidTag", "OBJECT_TAGS")])
    func objectOptions(code: String, variable: String) {
        #expect(advice(.configuration, code)?.contains(variable) == true)
        #expect(advice(.configuration, code, .listObjects) == nil)
    }

    private func advice(_ kind: AWSFailure.Kind, _ operation: AWSOperation, region: String = "us-east-1") -> String? {
        advice(kind, "Code", operation, region: region)
    }

    @Test("reminds of the owner that was expected, where one was")
    func owner() {
        #expect(
            advice(.denied, owner: "123456789012")?.hasSuffix("account 123456789012 (EXPECTED_BUCKET_OWNER)")
                == true)
        #expect(
            advice(.denied, "Code", .startCrawler, owner: "123456789012")?.contains("EXPECTED_BUCKET_OWNER") == false)
    }

    @Test("names the variables of the function's own")
    func variables() {
        #expect(advice(.notFound, "NoSuchBucket")?.contains("INGESTION_BUCKET") == true)
        #expect(advice(.notFound, "EntityNotFoundException", .startCrawler)?.contains("CRAWLER_NAME") == true)
        #expect(advice(.throttled)?.contains("UPLOAD_CONCURRENCY") == true)
        let elsewhere = advice(.wrongRegion("eu-west-1"))
        #expect(elsewhere?.contains("eu-west-1") == true && elsewhere?.contains("us-east-1") == true)
        #expect(advice(.credentials, "NoCredentials", .getCredentials)?.contains("execution role") == true)
        #expect(advice(.credentials, "SignatureDoesNotMatch")?.contains("AWS_SECRET_ACCESS_KEY") == true)
    }

    @Test("has a NAT gateway in it where nobody answered, and nowhere else")
    func network() {
        #expect(advice(.unavailable, "Unreachable")?.contains("NAT gateway or a gateway endpoint for S3") == true)
        #expect(advice(.unavailable, "Timeout", .startCrawler)?.contains("an interface endpoint for Glue") == true)
        for code in ["NameNotResolved", "InternalError", "UnreadableAnswer"] {
            #expect(advice(.unavailable, code) == nil)
        }
        #expect(advice(.foreign) == nil && advice(.proxy) == nil && advice(.untrusted) == nil)
    }
}
