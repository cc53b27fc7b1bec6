import Foundation
import TestParts
import Testing

/// A configuration that cannot work ends the start with a message on what to change, before any event is taken.
@Suite struct `A bad configuration` {
    @Test(arguments: [
        ("INGESTION_BUCKET", "", "is not set"),
        ("INGESTION_BUCKET", "arn:aws:s3:::bucket", "not a valid bucket name; use the bare name"),
        ("INGESTION_BUCKET", "rows--euc1-az1--x-s3", "a directory bucket"),
        ("INGESTION_PREFIX", "/topics", "no '/' at its ends"),
        ("INGESTION_PREFIX", "a/../b", "folder names"),
        ("ERRORS_PREFIX", "topics", "overlap"),
        ("ERRORS_PREFIX", "topics/errors", "overlap"),
        ("TIME_PARTITION", "week", "hour, day, none"),
        ("RECORD_METADATA", "all", "none, kafka, kafka-headers"),
        ("PARTITION_COLUMNS", "dt", "two different names"),
        ("PARTITION_COLUMNS", "day,day", "two different names"),
        ("PARTITION_COLUMNS", "Day,hour", "lower-case letters"),
        ("PARTITION_COLUMNS", "timestamp,hour", "'timestamp' is a column"),
        ("PARTITION_COLUMNS", "kafka_day,hour", "'kafka_day' is a column"),
        ("VALUE_FORMAT", "avro", "json, text, bytes"),
        ("TOMBSTONES", "keep", "errors, row"),
        ("TOMBSTONES", "row", "RECORD_METADATA=kafka"),
        ("COMPRESSION", "zstd", "gzip, none"),
        ("CRAWLER_TRIGGER", "sometimes", "new-partition, every-batch or interval:SECONDS"),
        ("CRAWLER_TRIGGER", "interval:0", "interval:SECONDS"),
        ("CRAWLER_TRIGGER", "interval:soon", "interval:SECONDS"),
        ("CRAWLER_TRIGGER", "interval:9223372036854775807", "interval:SECONDS"),
        ("CATALOG", "hive", "crawler, glue, none"),
        ("GLUE_DATABASE", "Lake", "lower-case letters"),
        ("GLUE_PARTITIONS", "yes", "true or false"),
        ("PARTIAL_BATCH_RESPONSE", "yes", "true or false"),
        ("UPLOAD_CONCURRENCY", "0", "from 1 to 64"),
        ("UPLOAD_CONCURRENCY", "many", "from 1 to 64"),
        ("METRICS_NAMESPACE", "AWS/Lambda", "not beginning with AWS/"),
        ("METRICS_NAMESPACE", "Prices: EU", "letters, digits"),
        ("AWS_MAX_ATTEMPTS", "0", "from 1 to 20"),
        ("AWS_MAX_ATTEMPTS", "4.5", "from 1 to 20"),
        ("AWS_REGION", "", "is not set"),
        ("AWS_ENDPOINT_URL", "localhost", "expected http(s)://host[:port]"),
        ("AWS_CA_BUNDLE", "/nowhere/bundle.pem", "cannot be read"),
        ("PROXY_CA_BUNDLE", "/nowhere/bundle.pem", "cannot be read"),
        ("AWS_USE_FIPS_ENDPOINT", "on", "true or false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "on", "true or false"),
        ("SERVER_SIDE_ENCRYPTION", "kms", "AES256, aws:kms, aws:kms:dsse"),
        ("KMS_KEY_ID", "alias/rows", "SERVER_SIDE_ENCRYPTION"),
        ("EXPECTED_BUCKET_OWNER", "me", "12 digits"),
        ("STORAGE_CLASS", "GLACIER", "lifecycle rule"),
        ("OBJECT_TAGS", "team", "NAME=VALUE"),
    ])
    func `is reported with its variable and what may be there`(_ variable: String, _ value: String, _ hint: String)
        throws
    {
        let sandbox = try Sandbox(["INGESTION_BUCKET": "ingestion"].merging([variable: value]) { $1 })
        #expect(try sandbox.process.exit().code == 1)
        let report = try #require(sandbox.api.requests.first)
        #expect(sandbox.api.requests.map(\.target) == ["/2018-06-01/runtime/init/error"])
        #expect(report.headers["Lambda-Runtime-Function-Error-Type"] == "Function.InvalidConfiguration")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(report.body)) as? NSDictionary)
        let message = try #require(object["errorMessage"] as? String)
        #expect(message.hasPrefix(variable) && message.contains(hint), "\(message)")
        #expect(
            object["errorType"] as? String == "Function.InvalidConfiguration" && object["stackTrace"] as? [String] == []
        )
        #expect(try sandbox.process.line(containing: "\"level\":\"FATAL\"").contains(variable))
    }
}
