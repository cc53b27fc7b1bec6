import Bytes
import Environment
import KafkaEvent
import Testing

@testable import Ingestion

struct BatchTests {
    @Test func `records that come in any order of their hours make one draft for each hour and kind`() throws {
        let hours: [Int64] = [5, 2, 5, 9, 2, 2, 7, 0, 9, 5, 1, 7, 3, 3, 8, 0, 6, 4, 5, 9, 2]
        // Every third value is no JSON.
        let records = hours.enumerated().map { offset, hour in
            (offset: Int64(offset), timestamp: hour * 3_600_000 + Int64(offset), isRow: offset % 3 != 0)
        }
        let event = ByteBuffer()
        event.append(#"{"eventSource":"aws:kafka","records":{"t-0":["#)
        for record in records {
            if record.offset > 0 { event.append(",") }
            event.append(#"{"topic":"t","partition":0,"offset":\#(record.offset),"timestamp":\#(record.timestamp),"#)
            event.append(#""timestampType":"CREATE_TIME","value":"\#(record.isRow ? "e30=" : "eyE=")","headers":[]}"#)
        }
        event.append("]}}")

        let batch = Batch(try IngestionConfiguration(Environment(["INGESTION_BUCKET": "bucket"])), BufferPool())
        var reader = KafkaEventReader(event.bytes)
        try batch.add(&reader)

        for content in [ObjectContent.rows, .errors] {
            let drafts = batch.drafts.filter { $0.content == content }
            let wanted = Dictionary(grouping: records.filter { $0.isRow == (content == .rows) }) { $0.timestamp / 3_600_000 }
            #expect(drafts.map { $0.period.start / 3_600_000 } == wanted.keys.sorted())
            for draft in drafts {
                #expect(draft.records.map(\.offset) == wanted[draft.period.start / 3_600_000]?.map(\.offset))
            }
        }
        withExtendedLifetime(event) {}
    }
}
