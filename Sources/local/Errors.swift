import AWSS3
import ArgumentParser
import Environment
import Foundation
import FunctionHost
import StoredRecords

struct Errors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows quarantined records, decoded, each with its reason.",
        discussion: """
            AWS_REGION and the credentials come from the environment. This command is the only place that shows the \
            contents of records: they are never logged.
            """)

    @Argument(help: "s3://BUCKET for errors/ in it, or s3://BUCKET/PREFIX, for example errors/orders/dt=2026-11-25/.")
    var place: String

    @Option(help: "Only records quarantined for this reason, for example malformed-json.")
    var reason: String?

    @Option(help: "Maximum number of records to show; 0 shows all.")
    var limit = 100

    @Flag(help: "Shows complete values, not only their first 200 characters.")
    var whole = false

    func run() throws {
        let (place, environment) = (try S3Place(argument: self.place), Environment())
        let stored = try StoredObjects(
            bucket: place.bucket, prefix: place.prefix ?? "errors/", environment: environment,
            adviser: DeveloperAdvice(environment))
        var shown = 0
        try stored.forEachLines { key, lines in
            for line in lines.bytes.split(separator: UInt8(ascii: "\n")) {
                guard let record = try? JSONDecoder().decode(Quarantined.self, from: Data(line)) else {
                    answer("s3://\(stored.bucket)/\(key) contains a line that is not a quarantined record")
                    continue
                }
                guard reason == nil || reason == record.reason else { continue }
                if limit > 0, shown == limit {
                    answer("more than \(limit) records: --limit 0 shows all")
                    return false
                }
                answer(record.text(limit: whole ? .max : 200))
                shown += 1
            }
            return true
        }
        if shown == 0 {
            let cause = reason.map { " for \($0)" } ?? ""
            answer("no quarantined records under s3://\(stored.bucket)/\(stored.prefix)\(cause)")
        }
    }
}

/// A line under `errors/`.
private struct Quarantined: Decodable {
    var topic: String
    var partition: Int
    var offset: Int64
    var timestamp: Int64
    var key: String?
    var value: String?
    var reason: String

    func text(limit: Int) -> String {
        let time = timestamp < 0 ? "no time" : Date(timeIntervalSince1970: Double(timestamp) / 1000).ISO8601Format()
        return "\(topic)-\(partition)@\(offset)  \(reason)  \(time)\n"
            + "  key    \(Self.decoded(key, limit))\n  value  \(Self.decoded(value, limit))"
    }

    /// What the base64 stands for: as text where it is such, with control characters escaped, since a terminal obeys
    /// them.
    private static func decoded(_ base64: String?, _ limit: Int) -> String {
        guard let base64 else { return "none" }
        guard let data = Data(base64Encoded: base64) else { return "not base64: \(escaped(base64, limit))" }
        guard let text = String(data: data, encoding: .utf8) else {
            return "\(data.count) bytes, base64 \(escaped(base64, limit))"
        }
        return escaped(text, limit)
    }

    private static func escaped(_ text: String, _ limit: Int) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: shown += scalar.escaped(asASCII: true)
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > limit ? shown + "…" : shown
    }
}
