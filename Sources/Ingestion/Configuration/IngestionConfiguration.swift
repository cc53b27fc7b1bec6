import AWSS3
import Environment

/// What the operator decides, by environment variables. The README's table says when to change what.
package struct IngestionConfiguration: Sendable {
    package var bucket: String
    /// What that bucket asks of each request.
    package var options: S3Options
    package var layout: ObjectLayout
    package var recordMetadata: RecordMetadata
    package var valueFormat: ValueFormat
    package var tombstones: Tombstones
    package var compression: BodyCompression
    /// The crawler that tells Athena what is in the bucket; `nil` where none does.
    package var crawler: CrawlerConfiguration?
    /// The tables that the function keeps itself; `nil` where it keeps none.
    package var glue: GlueConfiguration?
    /// Whether batches learn which columns their rows need.
    package var learnsColumns: Bool
    /// Whether the mapping was set up with `ReportBatchItemFailures`. Where it was not, such an answer would count
    /// as success and its records would be lost.
    package var answersPartially: Bool
    package var delivery: Delivery
    package var batchOrder: BatchOrder
    /// Objects of one batch that are under way at the same time.
    package var uploadConcurrency: Int
    /// Where CloudWatch keeps the function's figures; `nil` for none.
    package var metricsNamespace: String?

    package enum RecordMetadata: String, Sendable, CaseIterable {
        case none, kafka
        case kafkaHeaders = "kafka-headers"
    }

    /// What the records' values are.
    package enum ValueFormat: String, Sendable, CaseIterable {
        /// JSON objects, which are rows as they are.
        case json
        /// Text in UTF-8, of whatever kind: one column.
        case text
        /// Anything: one column, in base64.
        case bytes
    }

    /// What becomes of a record without a value, which says that its key is deleted.
    package enum Tombstones: String, Sendable, CaseIterable {
        case errors, row
    }

    package enum Delivery: String, Sendable, CaseIterable {
        case exactlyOnce = "exactly-once"
        case atLeastOnce = "at-least-once"
    }

    /// Whether the event source may deliver later records of a partition while earlier ones are not stored.
    package enum BatchOrder: String, Sendable, CaseIterable {
        /// It may: it bisects failed batches, discards them after a number of retries or a time, or somebody replays
        /// them.
        case any
        /// It never does: it repeats a failed batch until that is stored.
        case strict
    }

    package enum BodyCompression: String, Sendable, CaseIterable {
        case gzip, none
    }

    /// - Throws: `ConfigurationError` naming the variable at fault and what it may be.
    package init(_ environment: Environment) throws(ConfigurationError) {
        guard let bucket = environment["INGESTION_BUCKET"] else {
            throw ConfigurationError("INGESTION_BUCKET", "is not set; set it to the bucket that receives the objects")
        }
        self.bucket = try Self.checkedBucket(bucket)
        options = try S3Options(environment)
        layout = try Self.layout(environment)
        compression = try environment.choice("COMPRESSION") ?? .gzip
        recordMetadata = try environment.choice("RECORD_METADATA") ?? .none
        valueFormat = try environment.choice("VALUE_FORMAT") ?? .json
        tombstones = try environment.choice("TOMBSTONES") ?? .errors
        guard tombstones == .errors || recordMetadata != .none else {
            throw ConfigurationError(
                "TOMBSTONES",
                "is 'row', but RECORD_METADATA is 'none': such rows would be empty; set RECORD_METADATA=kafka as well")
        }
        let catalog = try CatalogChoice.chosen(environment)
        crawler = try CrawlerConfiguration(environment, isChosen: catalog == .crawler)
        glue = try GlueConfiguration(environment, isChosen: catalog == .glue)
        learnsColumns = glue != nil
        answersPartially = try environment.flag("PARTIAL_BATCH_RESPONSE") ?? false
        delivery = try environment.choice("DELIVERY") ?? .exactlyOnce
        batchOrder = try environment.choice("BATCH_ORDER") ?? .any
        uploadConcurrency = try environment.number("UPLOAD_CONCURRENCY", in: 1...64) ?? 32
        metricsNamespace = try Self.namespace(environment)
    }
}

extension IngestionConfiguration {
    private static func layout(_ environment: Environment) throws(ConfigurationError) -> ObjectLayout {
        let rows = try prefix(environment, "INGESTION_PREFIX", default: "topics")
        let errors = try prefix(environment, "ERRORS_PREFIX", default: "errors")
        guard !overlap(rows, errors) else {
            throw ConfigurationError(
                "ERRORS_PREFIX",
                "and INGESTION_PREFIX overlap, so the crawler would read quarantined records; choose separate folders")
        }
        let timePartition: ObjectLayout.TimePartition = try environment.choice("TIME_PARTITION") ?? .hour
        return ObjectLayout(
            rowsPrefix: rows, errorsPrefix: errors, timePartition: timePartition,
            partitionColumns: try partitionColumns(environment, timePartition))
    }

    /// Names that readers accept without quotes, except those of a line's own members: the column would exist twice.
    private static func partitionColumns(
        _ environment: Environment, _ time: ObjectLayout.TimePartition
    ) throws(ConfigurationError) -> [String] {
        guard let text = environment["PARTITION_COLUMNS"] else { return ["dt", "hour"] }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (time == .hour ? 2...2 : 1...2).contains(names.count), Set(names).count == names.count,
            names.allSatisfy(isColumnName)
        else {
            throw ConfigurationError(
                "PARTITION_COLUMNS",
                "is '\(text)'; expected two different names separated by a comma, for the day and the hour, each of up "
                    + "to 64 lower-case letters, digits and _, beginning with a letter")
        }
        if let name = names.first(where: { $0.hasPrefix("kafka_") || RecordLines.ownNames.contains($0) }) {
            throw ConfigurationError(
                "PARTITION_COLUMNS",
                "is '\(text)'; '\(name)' is a column that the function writes itself; choose another name")
        }
        return names
    }

    private static func isColumnName(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { letters.contains($0) || $0 &- 48 < 10 || $0 == UInt8(ascii: "_") }
    }

    /// The rules of CloudWatch, which would drop the metrics of any other namespace without a word.
    /// - Returns: `nil` where the variable is set to nothing.
    private static func namespace(_ environment: Environment) throws(ConfigurationError) -> String? {
        let text = environment.rawValue("METRICS_NAMESPACE") ?? "KafkaIngestion"
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "#"):
                true
            default: false
            }
        }
        guard allowed, text.utf8.count <= 255, !text.hasPrefix("AWS/") else {
            throw ConfigurationError(
                "METRICS_NAMESPACE",
                "is '\(text)'; expected up to 255 letters, digits and . - _ / #, not beginning with AWS/, or empty for "
                    + "no metrics")
        }
        return text.isEmpty ? nil : text
    }

    /// A prefix is written without slashes at its ends; `a/b` is fine. It must leave room for the longest topic name
    /// Kafka allows (249 bytes, twice in a key) within the 1,024 bytes of an S3 key.
    private static func prefix(
        _ environment: Environment, _ variable: String, default fallback: String
    ) throws(ConfigurationError) -> String {
        let text = environment[variable] ?? fallback
        let folders = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= 400, !folders.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw ConfigurationError(
                variable,
                "is '\(text)'; expected folder names joined by '/', at most 400 bytes, with no '/' at its ends")
        }
        return text
    }

    /// The rules of "General purpose bucket naming" as far as they keep a URL whole.
    private static func checkedBucket(_ bucket: String) throws(ConfigurationError) -> String {
        let allowed = bucket.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard allowed, (3...255).contains(bucket.utf8.count) else {
            throw ConfigurationError(
                "INGESTION_BUCKET", "is '\(bucket)', which is not a valid bucket name; use the bare name")
        }
        if let special = SpecialBucket(bucket) {
            throw ConfigurationError(
                "INGESTION_BUCKET", "is '\(bucket)', \(special.reason); use a general purpose bucket")
        }
        return bucket
    }

    private static func overlap(_ left: String, _ right: String) -> Bool {
        (left + "/").hasPrefix(right + "/") || (right + "/").hasPrefix(left + "/")
    }
}
