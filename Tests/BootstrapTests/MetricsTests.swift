import Foundation
import TestParts
import Testing

/// What the built function tells CloudWatch in lines of its log.
@Suite struct `The metrics` {
    private static let bad = "no JSON"

    /// Invokes the function with each event in turn, ends it, and gives the lines of metrics that it wrote.
    private func lines(
        _ variables: [String: String] = [:], _ events: [String], _ store: ScriptedStore? = nil
    ) throws -> [NSDictionary] {
        let sandbox = try Sandbox(
            store ?? ScriptedStore(), ["AWS_LAMBDA_FUNCTION_NAME": "ingest"].merging(variables) { $1 })
        for event in events { _ = try sandbox.invoke(event) }
        return try sandbox.end().filter { $0.contains("\"_aws\"") }.map { line in
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary, "\(line)")
            try check(object)
            return object
        }
    }

    /// What the format's specification demands.
    private func check(_ line: NSDictionary) throws {
        let about = try #require(line["_aws"] as? NSDictionary)
        let now = Date().timeIntervalSince1970 * 1000
        #expect((now - 600_000...now + 1).contains(try #require(about["Timestamp"] as? Double)))
        let directives = try #require(about["CloudWatchMetrics"] as? [NSDictionary])
        #expect(directives.count == 1)
        for directive in directives {
            #expect(!(directive["Namespace"] as? String ?? "").isEmpty)
            let sets = try #require(directive["Dimensions"] as? [[String]])
            #expect(sets.count == 1)
            for name in sets.joined() { #expect((1...1024).contains((line[name] as? String ?? "").count)) }
            let metrics = try #require(directive["Metrics"] as? [[String: String]])
            #expect((1...100).contains(metrics.count))
            for metric in metrics {
                let value = line[metric["Name"] ?? ""]
                if let samples = value as? NSDictionary { try check(samples: samples) } else { #expect(value is Int) }
                #expect(["Count", "Bytes", "Milliseconds"].contains(metric["Unit"]))
            }
        }
    }

    private func check(samples: NSDictionary) throws {
        let values = try #require(samples["Values"] as? [Int]), counts = try #require(samples["Counts"] as? [Int])
        #expect((1...100).contains(values.count) && counts.count == values.count)
        #expect(samples["Count"] as? Int == counts.reduce(0, +))
        let (least, greatest) = (samples["Min"] as? Int ?? .max, samples["Max"] as? Int ?? .min)
        #expect(values.allSatisfy { (least...greatest).contains($0) })
    }

    @Test(arguments: ["JSON", "Text"])
    func `have a line for each topic of a batch, and one for the function's requests`(_ format: String) throws {
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let found = try lines(
            ["AWS_LAMBDA_LOG_FORMAT": format],
            [
                try Event.msk([
                    Record(0, timestamp: now - 5000), Record(1, timestamp: now - 90_000, value: Self.bad),
                    Record(7, partition: 1, timestamp: now - 7000), Record(3, topic: "a.b-c", timestamp: now + 60_000),
                ])
            ])
        #expect(found.count == 3)
        let topics = Dictionary(grouping: found, by: { $0["Topic"] as? String ?? "" }).compactMapValues(\.first)
        let prices = try #require(topics["prices"])
        #expect(prices["Records"] as? Int == 3)
        #expect(prices["Quarantined"] as? Int == 1)
        #expect(prices["Objects"] as? Int == 3)
        #expect(prices["Bytes"] as? Int ?? 0 > 0)
        let ages = try #require(prices["Latency"] as? NSDictionary)
        #expect(ages["Count"] as? Int == 3)
        #expect(
            (5000..<60_000).contains(ages["Min"] as? Int ?? 0) && (90_000..<150_000).contains(ages["Max"] as? Int ?? 0))
        // A producer's clock that is ahead makes no negative age.
        #expect((topics["a.b-c"]?["Latency"] as? NSDictionary)?["Values"] as? [Int] == [0])
        #expect(found.allSatisfy { $0["level"] as? String == (format == "JSON" ? "INFO" : nil) })

        let requests = try #require(found.first { $0["Function"] as? String == "ingest" })
        #expect(requests["PutRequests"] as? Int == 4)
        // One for the rows of each topic, one for what is quarantined.
        #expect(requests["ListRequests"] as? Int == 3)
        #expect(requests["StartCrawlerRequests"] as? Int == 0)
        #expect(found.allSatisfy { namespace($0) == "KafkaIngestion" })
    }

    @Test func `count what is newly stored apart from what a batch that is delivered again finds`() throws {
        let event = try Event.msk([Record(0), Record(1, value: Self.bad), Record(2)])
        let found = try lines([:], [event, event]).filter { $0["Topic"] != nil }
        #expect(found.map { $0["Records"] as? Int } == [3, 0])
        #expect(found.map { $0["Quarantined"] as? Int } == [1, 0])
        #expect(found.map { $0["AlreadyStored"] as? Int } == [nil, 3])
        #expect(found.map { $0["AlreadyQuarantined"] as? Int } == [nil, 1])
    }

    @Test func `count tombstones apart, whether they are rows or lie under errors`() throws {
        let event = try Event.msk([Record(0), Record.tombstone(1), Record(2, value: Self.bad), Record.tombstone(3)])
        let asErrors = try #require(try lines([:], [event]).first)
        let asRows = try #require(try lines(["TOMBSTONES": "row", "RECORD_METADATA": "kafka"], [event]).first)
        for line in [asErrors, asRows] {
            #expect(line["Records"] as? Int == 4 && line["Quarantined"] as? Int == 1 && line["Tombstones"] as? Int == 2)
        }
        #expect(try lines([:], [Event.msk(0...2)]).first?["Tombstones"] == nil)
    }

    @Test func `count what is not stored, also of a topic of which nothing is`() throws {
        let store = try ScriptedStore {
            $0.method == "PUT" && $0.target.contains("prices")
                ? .respond(403, body: "<Error><Code>AccessDenied</Code></Error>") : nil
        }
        let event = try Event.msk([Record(0), Record(1), Record(0, topic: "trades")])
        let found = try lines([:], [event], store)
        let topics = Dictionary(grouping: found, by: { $0["Topic"] as? String ?? "" }).compactMapValues(\.first)
        #expect(topics["prices"]?["NotStored"] as? Int == 2 && topics["prices"]?["Records"] as? Int == 0)
        #expect(topics["trades"]?["NotStored"] == nil && topics["trades"]?["Records"] as? Int == 1)
    }

    @Test(arguments: ["WARN", "ERROR"]) func `pass the filter of the log's level`(_ level: String) throws {
        let found = try lines(["AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": level], [Event.msk(0...2)])
        #expect(!found.isEmpty && found.allSatisfy { $0["level"] as? String == level && $0["timestamp"] is String })
    }

    /// The client asks again, and finds what it wrote itself.
    @Test func `count an object once whose answer was lost`() throws {
        let isFirst = Locked.once()
        let store = try ScriptedStore(losesAnswer: { $0.method == "PUT" && isFirst.take() })
        let found = try lines([:], [Event.msk(0...2)], store).filter { $0["Topic"] != nil }
        #expect(store.puts.count == 2 && store.keys.count == 1)
        #expect(found.map { $0["Records"] as? Int } == [3])
        #expect(found.first?["AlreadyStored"] == nil)
    }

    @Test func `of an empty batch are no line`() throws {
        #expect(try lines([:], [Event.empty]).isEmpty)
    }

    @Test func `have no latency where records have no time`() throws {
        let found = try lines([:], [try Event.msk([Record(0, timestamp: -1)])])
        #expect(found.first?["Records"] as? Int == 1)
        #expect(found.first?["Latency"] == nil)
    }

    @Test func `go to the namespace that is set, and nowhere where it is set to nothing`() throws {
        let event = try Event.msk(0...2)
        #expect(try lines(["METRICS_NAMESPACE": "Prices/EU"], [event]).map(namespace) == ["Prices/EU", "Prices/EU"])
        #expect(try lines(["METRICS_NAMESPACE": ""], [event]).isEmpty)
    }

    @Test func `have the names that the template's dashboard and alarms ask for`() throws {
        let template = try String(contentsOf: repository("template.yaml"), encoding: .utf8)
        let ofFunction = template.matches(of: #/\["\$\{Namespace\}", "(\w+)", "(\w+)"/#).map { ("\($0.1)", "\($0.2)") }
        let ofTopics = template.matches(of: #/\$\{Topics\} MetricName=\\"(\w+)\\"/#).map { ("\($0.1)", "Topic") }
        let alarmed = template.matches(
            of: #/Namespace: \*namespace\n +MetricName: (\w+)\n +Dimensions: \[\{Name: (\w+),/#
        ).map { ("\($0.1)", "\($0.2)") }
        #expect(ofFunction.count >= 4 && ofTopics.count >= 7 && alarmed.count == 2)
        let event = try Event.msk([Record(0), Record(1, value: Self.bad)])
        // What this store says to Glue's requests is no table, so that nothing is stored: the requests count.
        let found =
            try lines([:], [event, event]) + lines(["CATALOG": "glue", "GLUE_DATABASE": "tables"], [event])
        for (metric, dimension) in ofFunction + ofTopics + alarmed {
            #expect(found.contains { $0[dimension] is String && $0[metric] != nil }, "\(metric) by \(dimension)")
        }
    }

    private func namespace(_ line: NSDictionary) -> String? {
        ((line["_aws"] as? NSDictionary)?["CloudWatchMetrics"] as? [NSDictionary])?.first?["Namespace"] as? String
    }

    private func repository(_ path: String) -> URL {
        TestParts.file("../../\(path)")
    }
}
