import AWSS3
import Environment
import Testing

@testable import Ingestion

@Suite("What the bucket asks for")
struct BucketOptionsTests {
    private func options(_ values: [String: String]) throws -> S3Options { try S3Options(Environment(values)) }

    @Test("nothing where nothing is set, and empty is nothing")
    func nothing() throws {
        #expect(try options([:]) == S3Options())
        #expect(try options(["SERVER_SIDE_ENCRYPTION": "", "KMS_KEY_ID": "", "OBJECT_TAGS": ""]) == S3Options())
    }

    @Test("each as it is written")
    func each() throws {
        let found = try options([
            "SERVER_SIDE_ENCRYPTION": "aws:kms", "KMS_KEY_ID": "alias/rows", "BUCKET_KEY_ENABLED": "false",
            "EXPECTED_BUCKET_OWNER": "012345678901", "STORAGE_CLASS": "STANDARD_IA",
            "OBJECT_TAGS": "team=data,cost centre=4=2,empty=",
        ])
        #expect(
            found
                == S3Options(
                    encryption: .kms, kmsKeyID: "alias/rows", usesBucketKey: false, expectedBucketOwner: "012345678901",
                    storageClass: .standardIA,
                    tags: [.init("team", "data"), .init("cost centre", "4=2"), .init("empty", "")]))
        #expect(try options(["SERVER_SIDE_ENCRYPTION": "aws:kms:dsse"]).encryption == .kmsTwice)
        #expect(try options(["SERVER_SIDE_ENCRYPTION": "AES256"]).encryption == .s3)
    }

    @Test(
        "a key by its id, a key ARN or an alias",
        arguments: [
            "1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab", "alias/my_rows",
            "arn:aws:kms:us-east-1:123456789012:key/mrk-1", "arn:aws-cn:kms:cn-north-1:123456789012:alias/a/b",
        ])
    func keys(_ key: String) throws {
        #expect(try options(["SERVER_SIDE_ENCRYPTION": "aws:kms", "KMS_KEY_ID": key]).kmsKeyID == key)
    }

    static let wrong: [(String, [String: String], String)] = [
        ("SERVER_SIDE_ENCRYPTION", ["SERVER_SIDE_ENCRYPTION": "kms"], "AES256, aws:kms, aws:kms:dsse"),
        ("KMS_KEY_ID", ["KMS_KEY_ID": "k"], "set SERVER_SIDE_ENCRYPTION to"),
        ("KMS_KEY_ID", ["KMS_KEY_ID": "k", "SERVER_SIDE_ENCRYPTION": "AES256"], "set SERVER_SIDE_ENCRYPTION to"),
        ("KMS_KEY_ID", ["KMS_KEY_ID": "arn:aws:s3:::bucket", "SERVER_SIDE_ENCRYPTION": "aws:kms"], "a key ARN"),
        ("KMS_KEY_ID", ["KMS_KEY_ID": "arn:aws:kms:r:1:k", "SERVER_SIDE_ENCRYPTION": "aws:kms"], "a key ARN"),
        ("KMS_KEY_ID", ["KMS_KEY_ID": "a b", "SERVER_SIDE_ENCRYPTION": "aws:kms"], "a key ARN"),
        ("KMS_KEY_ID", ["KMS_KEY_ID": "k\r\nX: y", "SERVER_SIDE_ENCRYPTION": "aws:kms"], "a key ARN"),
        ("BUCKET_KEY_ENABLED", ["BUCKET_KEY_ENABLED": "yes", "SERVER_SIDE_ENCRYPTION": "aws:kms"], "true or false"),
        (
            "BUCKET_KEY_ENABLED", ["BUCKET_KEY_ENABLED": "true", "SERVER_SIDE_ENCRYPTION": "aws:kms:dsse"],
            "only with SERVER_SIDE_ENCRYPTION=aws:kms"
        ),
        ("EXPECTED_BUCKET_OWNER", ["EXPECTED_BUCKET_OWNER": "12345678901"], "12 digits"),
        ("EXPECTED_BUCKET_OWNER", ["EXPECTED_BUCKET_OWNER": "1234-5678-9012"], "12 digits"),
        ("STORAGE_CLASS", ["STORAGE_CLASS": "standard"], "STANDARD_IA"),
        ("STORAGE_CLASS", ["STORAGE_CLASS": "DEEP_ARCHIVE"], "lifecycle rule"),
        ("OBJECT_TAGS", ["OBJECT_TAGS": "team"], "NAME=VALUE"), ("OBJECT_TAGS", ["OBJECT_TAGS": "=x"], "NAME=VALUE"),
        ("OBJECT_TAGS", ["OBJECT_TAGS": "a=1,a=2"], "different"), ("OBJECT_TAGS", ["OBJECT_TAGS": "AWS:x=1"], "aws:"),
        ("OBJECT_TAGS", ["OBJECT_TAGS": "a=1\r\nX: y"], "letters"),
        ("OBJECT_TAGS", ["OBJECT_TAGS": "a=1,"], "NAME=VALUE"),
        ("OBJECT_TAGS", ["OBJECT_TAGS": (1...11).map { "t\($0)=1" }.joined(separator: ",")], "up to 10"),
        ("OBJECT_TAGS", ["OBJECT_TAGS": "a=" + String(repeating: "x", count: 257)], "up to 256"),
    ]

    @Test("what S3 would refuse is refused at the start, with what may be there", arguments: wrong)
    func refused(_ variable: String, _ values: [String: String], _ hint: String) {
        let error = #expect(throws: ConfigurationError.self) { try options(values) }
        #expect(error?.variable == variable && error?.description.contains(hint) == true, "\(error?.description ?? "")")
    }

    @Test(
        "a bucket of another kind is named as that",
        arguments: [
            ("rows--euc1-az1--x-s3", "lists objects in no order"), ("rows--table-s3", "does not accept objects"),
            ("mfzwi23gnjvgw.mrap", "another kind of signature"), ("rows-abc--ol-s3", "does not accept objects"),
            ("rows-abc--xa-s3", "of a directory bucket"), ("rows-abc--op-s3", "S3 on Outposts"),
        ])
    func specialBuckets(_ bucket: String, _ reason: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try IngestionConfiguration(Environment(["INGESTION_BUCKET": bucket]))
        }
        #expect(error?.variable == "INGESTION_BUCKET" && error?.description.contains(reason) == true)
        let alias = "rows-abc-s3alias"
        #expect(try IngestionConfiguration(Environment(["INGESTION_BUCKET": alias])).bucket == alias)
    }
}
