import Environment
import Testing

@testable import Ingestion

@Suite("The catalog")
struct GlueConfigurationTests {
    private func configuration(_ settings: [String: String]) throws -> IngestionConfiguration {
        try modelConfiguration(settings)
    }

    private func complaint(_ settings: [String: String]) -> String {
        do { return "accepted: \(try configuration(settings))" } catch { return "\(error)" }
    }

    @Test("is the crawler where one is named, and none otherwise")
    func byDefault() throws {
        #expect(try configuration([:]).crawler == nil && configuration([:]).glue == nil)
        #expect(try configuration(["CRAWLER_NAME": "c"]).crawler?.name == "c")
        #expect(try configuration(["CRAWLER_NAME": "c", "CATALOG": "none"]).crawler == nil)
    }

    @Test("is the function itself with CATALOG=glue, whatever else is set")
    func glue() throws {
        let settings = ["CATALOG": "glue", "GLUE_DATABASE": "lake", "CRAWLER_NAME": "c", "GLUE_PARTITIONS": "true"]
        let configuration = try configuration(settings)
        #expect(configuration.crawler == nil)
        #expect(configuration.glue?.database == "lake" && configuration.glue?.registersPartitions == true)
        #expect(try self.configuration(settings.merging(["CATALOG": "crawler"]) { $1 }).glue == nil)
    }

    @Test("must be named")
    func incomplete() {
        #expect(complaint(["CATALOG": "glue"]).hasPrefix("GLUE_DATABASE is not set, but CATALOG is 'glue'"))
        #expect(complaint(["CATALOG": "crawler"]).hasPrefix("CRAWLER_NAME is not set, but CATALOG is 'crawler'"))
        #expect(complaint(["CATALOG": "both"]).hasPrefix("CATALOG is 'both'; expected one of: crawler, glue, none"))
        for name in ["Lake", "a.b", "a b", String(repeating: "a", count: 256)] {
            #expect(complaint(["GLUE_DATABASE": name]).hasPrefix("GLUE_DATABASE is '\(name)'; expected the name of"))
        }
    }
}
