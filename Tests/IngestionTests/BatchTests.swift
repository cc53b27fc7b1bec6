import Bytes
import Environment
import KafkaEvent
import TestParts
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

        let batch = try IncomingBatch(modelConfiguration([:]))
        var reader = KafkaEventReader(event.padded)
        try batch.add(&reader)

        for content in [ObjectContent.rows, .errors] {
            let drafts = batch.drafts.filter { $0.content == content }
            let wanted = Dictionary(grouping: records.filter { $0.isRow == (content == .rows) }) {
                $0.timestamp / 3_600_000
            }
            #expect(drafts.map { $0.period.start / 3_600_000 } == wanted.keys.sorted())
            for draft in drafts {
                #expect(draft.records.map(\.offset) == wanted[draft.period.start / 3_600_000]?.map(\.offset))
            }
        }
        withExtendedLifetime(event) {}
    }

    /// A record in Lambda's form is told from the one before it by comparing their heads; one in another form stands
    /// between them now and then, and is of another topic-partition.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a record goes to its own topic-partition whatever the forms of those around it`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var wanted: [String: [Int64]] = [:]
        let event = ByteBuffer()
        event.append(#"{"eventSource":"aws:kafka","records":{"mixed":["#)
        var topic = "t"
        var partition = 0
        for offset in 0..<60 as Range<Int64> {
            if Int.random(in: 0..<3, using: &random) == 0 {
                topic = ["t", "u", "topic-of-a-longer-name"].randomElement(using: &random) ?? ""
                partition = Int.random(in: 0...1, using: &random) * 10
            }
            let form = Int.random(in: 0..<7, using: &random)
            wanted["\(form == 3 ? "v" : topic)-\(partition)", default: []].append(offset)
            let place = #""topic":"\#(topic)","partition":\#(partition),"offset":\#(offset),"timestamp":5,"#
            let rest = #""timestampType":"CREATE_TIME","value":"e30=","headers":[]"#
            if offset > 0 { event.append([",", ",", ", "].randomElement(using: &random) ?? "") }
            switch form {
            case 0: event.append("{\(rest),\(place.dropLast())}")
            case 1: event.append("{ \(place)\(rest)}")
            // Lambda's form to its last member.
            case 2: event.append("{\(place)\(rest),\"more\":1}")
            // The last one of two topics counts.
            case 3: event.append("{\(place)\(rest),\"topic\":\"v\"}")
            default: event.append("{\(place)\(rest)}")
            }
        }
        event.append("]}}")

        let batch = try IncomingBatch(modelConfiguration([:]))
        var reader = KafkaEventReader(event.padded)
        try batch.add(&reader)

        let found = batch.drafts.map { ($0.topicPartition.description, $0.records.map(\.offset)) }
        #expect(Dictionary(found) { $0 + $1 } == wanted)
        withExtendedLifetime(event) {}
    }
}
