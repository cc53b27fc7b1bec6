import AWSS3
import ArgumentParser
import Environment
import FunctionHost
import StoredRecords

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows which offsets of each topic-partition a bucket holds, and which are missing or duplicated.",
        discussion: """
            Reads the names and the metadata of the objects (a LIST per 1,000, a HEAD each), no rows. Without a prefix \
            both rows and quarantined records are covered; with one, only the objects under it. The exit code is 1 if \
            offsets are missing or duplicated, or if an object does not say what it holds.

            Kafka itself skips offsets in topics that are compacted or written in transactions: use --gaps-are-fine.

            AWS_REGION and the credentials come from the environment.
            """)

    @Argument(help: "s3://BUCKET or s3://BUCKET/PREFIX.")
    var place: String

    @Option(help: "The key prefix of quarantined records: the function's ERRORS_PREFIX.")
    var errorsPrefix = "errors"

    @Flag(help: "Reports offsets without a record, but does not fail because of them.")
    var gapsAreFine = false

    func run() throws {
        let (place, environment) = (try S3Place(argument: self.place), Environment())
        let stored = try StoredObjects(
            bucket: place.bucket, prefix: place.prefix ?? "", environment: environment,
            adviser: DeveloperAdvice(environment))
        let contents = try stored.contents(errorsPrefix: errorsPrefix) {
            Terminal.shared.show(["\(grouped($0)) objects read"])
        }
        Terminal.shared.show([])
        var isWrong = !contents.unreadable.isEmpty
        for (partition, objects) in contents.objects.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            let coverage = OffsetCoverage(objects)
            tell(coverage, of: "\(partition)")
            isWrong = isWrong || !coverage.doubles.isEmpty || (!gapsAreFine && !coverage.gaps.isEmpty)
        }
        for key in contents.unreadable.prefix(20) {
            answer(
                """
                s3://\(stored.bucket)/\(key) has no metadata that says which records it holds: restore it, or move \
                the object out of the folder
                """
            )
        }
        if contents.objects.isEmpty { answer("no objects with records under \(self.place)") }
        if contents.otherCount > 0 { answer("\(grouped(contents.otherCount)) other keys were skipped") }
        if isWrong { throw ExitCode(1) }
    }

    private func tell(_ coverage: OffsetCoverage, of partition: String) {
        guard let first = coverage.firstOffset, let last = coverage.lastOffset else { return }
        answer(
            "\(partition)  offsets \(first)-\(last): \(grouped(coverage.rowCount)) rows, "
                + "\(grouped(coverage.errorCount)) quarantined, in \(grouped(coverage.objectCount)) objects")
        for gap in coverage.gaps.prefix(20) {
            let isWhole = gap.count == gap.lastOffset - gap.firstOffset + 1
            answer("  missing  \(isWhole ? "" : "\(grouped(gap.count)) of ")\(gap.firstOffset)-\(gap.lastOffset)")
        }
        if coverage.gaps.count > 20 { answer("  missing  in \(coverage.gaps.count - 20) more places") }
        for double in coverage.doubles.prefix(20) {
            let keys = double.keys.prefix(4).joined(separator: ", ")
            answer("  twice    some of \(double.firstOffset)-\(double.lastOffset): \(keys)")
        }
        if coverage.doubles.count > 20 { answer("  twice    in \(coverage.doubles.count - 20) more places") }
    }
}
