import Bytes
import Environment
import Foundation
import Logging
import Testing

@testable import Ingestion

/// Every kind of malformed event and record ends in a row, a quarantined record or a clear error: never in a crash, a
/// lost record, a key outside of the prefixes or a line that a reader stumbles over.
@Suite struct `Bad input` {
    @Test func `of more than fifty kinds is tried`() {
        #expect(BadInput.all.count >= 50)
        #expect(Set(BadInput.all.map(\.name)).count > 120)
    }

    @Test(arguments: BadInput.all)
    func `comes to a known end`(_ input: BadInput) throws {
        try check(input, metadata: "none", input.outcome)
        try check(input, metadata: "kafka", input.withMetadata)
    }

    private func check(_ input: BadInput, metadata: String, _ expected: BadInput.Outcome) throws {
        let store = MemoryStore()
        let configuration = try IngestionConfiguration(
            Environment(["INGESTION_BUCKET": "bucket", "COMPRESSION": "none", "RECORD_METADATA": metadata]))
        let event = ByteBuffer(capacity: input.event.count)
        input.event.withUnsafeBytes { event.append($0) }
        // Twice, by sandboxes that know nothing of each other: the second finds all of it stored.
        for _ in 1...2 {
            let ingestion = try Ingestion(configuration, store, NoCatalog())
            #expect(try outcome(of: ingestion, event, store) == expected, "\(metadata)")
        }
        for (key, object) in store.objects { checkObject(key, object.body, metadata) }
    }

    private func outcome(of ingestion: Ingestion, _ event: ByteBuffer, _ store: MemoryStore) throws -> BadInput.Outcome
    {
        let before = store.objects.count
        do {
            let outcome = try ingestion.ingest(event, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            #expect(outcome.unwritten.isEmpty)
            let rows = lines(store, "topics/")
            let rejected = lines(store, "errors/")
            #expect(rows.count + rejected.count == outcome.recordCount)
            guard let first = rejected.first else { return .rows(rows.count) }
            #expect(rows.isEmpty && rejected.count == 1)
            let object = try JSONSerialization.jsonObject(with: Data(first)) as? [String: Any]
            return .quarantined(object?["reason"] as? String ?? "no reason")
        } catch {
            #expect(store.objects.count == before)
            let text = "\(error)"
            // Fit for a log line.
            #expect(text.utf8.count < 2_000 && !text.utf8.contains { $0 < 0x20 })
            return .fails(text)
        }
    }

    private func lines(_ store: MemoryStore, _ prefix: String) -> [ArraySlice<UInt8>] {
        store.objects.filter { $0.key.hasPrefix(prefix) }.values.flatMap {
            $0.body.split(separator: UInt8(ascii: "\n"))
        }
    }

    private func checkObject(_ key: String, _ body: [UInt8], _ metadata: String) {
        #expect(key.utf8.count <= 1024)
        #expect(!key.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") })
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        #expect(parts.count == 5 && ["topics", "errors"].contains(parts[0]))
        #expect(!parts.contains { ["", ".", ".."].contains($0) } && !parts[1].contains("="))
        #expect(parts[2].wholeMatch(of: /dt=\d{4}-\d\d-\d\d/) != nil && parts[3].wholeMatch(of: /hour=\d\d/) != nil)
        // Athena passes over such files.
        #expect(!parts[4].hasPrefix("_") && !parts[4].hasPrefix("."))
        #expect(body.last == UInt8(ascii: "\n"))
        for line in body.split(separator: UInt8(ascii: "\n")) {
            #expect(line.first == UInt8(ascii: "{") && line.last == UInt8(ascii: "}") || metadata == "none")
            #expect(!line.contains(UInt8(ascii: "\r")))
            #expect(String(validating: line, as: UTF8.self) != nil)
        }
    }
}

extension BadInput.Outcome {
    /// An error is the expected one where it says what it should.
    static func == (found: Self, expected: Self) -> Bool {
        switch (found, expected) {
        case (.rows(let left), .rows(let right)): left == right
        case (.quarantined(let left), .quarantined(let right)): left == right
        case (.fails(let text), .fails(let part)): part.isEmpty || text.contains(part)
        default: false
        }
    }
}
