import Foundation
import KafkaEvent
import TestParts
import Testing

@Suite("Python's json agrees")
struct PythonOpinionTests {
    /// Whole numbers up to 64 bits, which JSONSerialization keeps.
    private struct Opinion {
        let event: String
        let records: [SeenRecord]?
        /// Records whose headers Python has no opinion of.
        private var withoutHeaders: Set<Int> = []

        init(_ line: Data) throws {
            let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            event = try #require(object["event"] as? String)
            var unsure: Set<Int> = []
            records = try (object["records"] as? [[Any]])?.enumerated().map { index, fields in
                let headers = fields[6] as? [[Any]]
                if headers == nil { unsure.insert(index) }
                return SeenRecord(
                    topic: try #require(fields[0] as? String),
                    partition: try #require(fields[1] as? NSNumber).int32Value,
                    offset: try #require(fields[2] as? NSNumber).int64Value,
                    timestamp: try #require(fields[3] as? NSNumber).int64Value, key: fields[4] as? String,
                    value: fields[5] as? String,
                    headers: try (headers ?? []).map {
                        .init(name: try #require($0[0] as? String), bytes: ($0[1] as? [NSNumber])?.map(\.uint8Value))
                    })
            }
            withoutHeaders = unsure
        }

        func isShared(by ours: [SeenRecord]?) -> Bool {
            guard var ours, ours.count == records?.count else { return ours == records }
            for index in withoutHeaders { ours[index].headers = [] }
            return ours == records
        }
    }

    @Test("on random events, whole and damaged: the same records, or that it is no Kafka batch")
    func randomEvents() throws {
        let seed = UInt32.random(in: 0..<1_000_000)
        let lines = try TestParts.output(ofPython: TestParts.file("random_events.py"), ["\(seed)", "3000"])
            .split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 3000, "seed \(seed)")
        var (accepted, refused) = (0, 0)
        for line in lines {
            let opinion = try Opinion(line)
            let ours = try? read(opinion.event)
            #expect(opinion.isShared(by: ours), "seed \(seed): \(opinion.event)")
            if ours == nil { refused += 1 } else { accepted += 1 }
        }
        #expect(accepted > 1000 && refused > 300, "seed \(seed): the events are no mixture: \(accepted), \(refused)")
    }
}
