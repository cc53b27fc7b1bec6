import Base64
import Bytes
import KafkaEvent
import TableSchema
import TestParts
import Testing

@testable import Ingestion

private struct Sent {
    var topic = "t"
    var partition = 0
    var offset: Int64
    /// The value as the event has it.
    var value: String
    var key = "null"

    init(_ text: String?, topic: String = "t", partition: Int = 0, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        value =
            text.map { text in
                let base64 = ByteBuffer()
                Array(text.utf8).withUnsafeBytes { Base64.encode($0, appendingTo: base64) }
                return "\"\(base64.text)\""
            } ?? "null"
    }
}

private func batch(_ sent: [Sent], _ settings: [String: String] = [:]) throws -> IncomingBatch {
    let event = ByteBuffer()
    event.append(#"{"eventSource":"aws:kafka","records":{"x":["#)
    for (index, record) in sent.enumerated() {
        if index > 0 { event.append(",") }
        event.append(#"{"topic":"\#(record.topic)","partition":\#(record.partition),"offset":\#(record.offset),"#)
        event.append(#""timestamp":5,"timestampType":"CREATE_TIME","key":\#(record.key),"value":\#(record.value),"#)
        event.append(#""headers":[]}"#)
    }
    event.append("]}}")
    let configuration = try modelConfiguration(settings)
    let batch = IncomingBatch(configuration, try ObjectFormats(configuration), learnsColumns: true)
    var reader = KafkaEventReader(event.padded)
    try withExtendedLifetime(event) { try batch.add(&reader) }
    return batch
}

private func schema(_ rows: [String], _ settings: [String: String] = [:]) throws -> String? {
    let sent = rows.enumerated().map { Sent($0.element, offset: Int64($0.offset)) }
    return try batch(sent, settings).columns(of: "t")?.schema.stored
}

@Suite struct LearnedSchemaTests {
    @Test func `A row's members are columns, in lower case and in the order of their appearance`() throws {
        #expect(
            try schema([
                #"{"Index":"NYA","Open":1.5,"Volume":0,"ok":true,"none":null}"#,
                #"{"open":2,"Volume":9007199254740993,"none":[],"tags":["a"],"o":{"B":1}}"#,
            ]) == "index:s,open:d,volume:w,ok:b,none:[n],tags:[s],o:{b:i}")
    }

    /// What the shape's memory must not pass over: a first record that is remembered, then one that differs in a kind.
    @Test(arguments: RandomRows.kinds.indices, RandomRows.kinds.indices)
    func `Each kind of value is seen after each other one, as a member and within an array`(one: Int, other: Int) throws
    {
        let (first, firstTexts) = RandomRows.kinds[one]
        let (second, secondTexts) = RandomRows.kinds[other]
        let both = first.merged(with: second)
        for before in firstTexts {
            for after in secondTexts {
                let rows = [before, before, after, before].map { "{\"id\":1,\"v\":\($0),\"a\":[\($0)]}" }
                let learned = try schema(rows).flatMap { RowSchema(stored: $0[...]) }
                #expect((learned?["v"] ?? .null) == both && learned?["a"] == .array(both), "\(before) \(after)")
            }
        }
    }

    @Test func `An array's later elements are looked at too`() throws {
        #expect(try schema([#"{"a":[]}"#, #"{"a":[ ]}"#]) == "a:[n]")
        #expect(try schema([#"{"a":[]}"#, #"{"a":[1 , 2]}"#, #"{"a":[null,3,1.5]}"#]) == "a:[d]")
        #expect(try schema([#"{"a":[{"b":1},2]}"#, #"{"a":[{"b":1}]}"#]) == "a:[s]")
        #expect(try schema([#"{"a":[{"b":1}]}"#, #"{"a":[{"b":1},"x"]}"#]) == "a:[s]")
        #expect(try schema([#"{"a":[[1],[2]]}"#, #"{"a":[[1],[true]]}"#]) == "a:[[s]]")
        #expect(try schema([#"{"a":[[1],[2]]}"#, #"{"a":[[1],7,[2]]}"#]) == "a:[s]")
    }

    @Test func `A record that is quarantined teaches nothing`() throws {
        let bad = [
            #"{"dt":1,"x":1}"#, #"{"x":1,"X":2}"#, #"{"x":"\ud800"}"#, #"{"x":1"#, "[1]", #"{"a":"\ud800"}"#,
            #"{"a":1,"x":"\udc00"}"#,
        ]
        #expect(try schema([#"{"a":1}"#] + bad + [#"{"a":2}"#]) == "a:i")
        #expect(try schema(bad) == "")
        var sent = [#"{"a":1}"#, #"{"a":1.5}"#, #"{"b":1}"#, #"{"b":"text"}"#, #"{"a":2}"#].enumerated().map {
            Sent($0.element, offset: Int64($0.offset))
        }
        for index in 1...3 { sent[index].key = "\"no base64\"" }
        #expect(try batch(sent, ["RECORD_METADATA": "kafka"]).columns(of: "t")?.schema.stored == "a:i")
    }

    @Test func `A shape whose first record was rejected is learned from the next one`() throws {
        var sent = [Sent(#"{"b":1}"#, offset: 0), Sent(#"{"b":2}"#, offset: 1), Sent(#"{"b":"\ud800"}"#, offset: 2)]
        sent[0].key = "\"no base64\""
        #expect(try batch(sent, ["RECORD_METADATA": "kafka"]).columns(of: "t")?.schema.stored == "b:i")
    }

    @Test func `Rows that are not JSON have one column, and a tombstone has none`() throws {
        #expect(try schema(["any", "{"], ["VALUE_FORMAT": "text"]) == "value:s")
        #expect(try schema(["any", "{"], ["VALUE_FORMAT": "bytes"]) == "value_base64:s")
        let settings = ["TOMBSTONES": "row", "RECORD_METADATA": "kafka"]
        #expect(try batch([Sent(nil, offset: 1)], settings).columns(of: "t")?.schema.stored == "")
    }

    @Test func `Names that are no columns, or that the table has itself, are named with their place`() throws {
        let columns = try batch(
            [Sent(#"{"a":1,"":2}"#, offset: 6), Sent(#"{"x,y":1,"":1,"kafka.key":1,"d.t":null}"#, offset: 7)],
            ["RECORD_METADATA": "kafka"]
        ).columns(of: "t")
        #expect(columns?.schema.stored == "a:i")
        #expect(columns?.omitted.map(\.name) == ["", "x,y", "kafka_key"])
        #expect(columns?.omitted.map(\.place.description) == ["t-0@6", "t-0@7", "t-0@7"])
    }

    /// Which 500 of them are the table's is for the table to say.
    @Test func `Of more names than any table has columns each is learned, up to 20,000`() throws {
        let rows = (0..<51).map { row in
            "{\((0..<400).map { "\"c\(row)_\($0)\":1" }.joined(separator: ","))}"
        }
        let sent = rows.enumerated().map { Sent($0.element, offset: Int64($0.offset)) }
        #expect(try batch(Array(sent.prefix(50))).columns(of: "t")?.isCut == false)
        let columns = try batch(sent).columns(of: "t")
        #expect(columns?.schema.fields.count == 20_000 && columns?.isCut == true)
        #expect(columns?.omitted.count == 8)
        #expect(columns?.omitted.first?.place.offset == 50)
    }

    @Test func `A name is told in part where it is long`() throws {
        let name = String(repeating: "n", count: 40_000)
        let columns = try batch([Sent("{\"\(name)\":1}", offset: 6)]).columns(of: "t")
        #expect(columns?.omitted.map(\.name) == [String(repeating: "n", count: 100) + "…"])
    }

    @Test func `The row that a table cannot hold is named`() throws {
        let columns = try batch([
            Sent(#"{"a":1,"o":{"x":1}}"#, offset: 5), Sent(#"{"a":2,"o":{"x":2}}"#, offset: 6),
            Sent(#"{"a":2.5,"o":{"x":2}}"#, partition: 3, offset: 70),
            Sent(#"{"a":"text","o":{"x":2,"y":1}}"#, partition: 3, offset: 71),
        ]).columns(of: "t")
        let place = { (name: String, type: ColumnType?) in columns?.place(of: name, beyond: type)?.description }
        #expect(place("a", nil) == "t-0@5")
        #expect(place("a", .integer(isWide: false)) == "t-3@70")
        #expect(place("a", .double) == "t-3@71")
        #expect(place("o", .structure([.init(name: "x", type: .double)])) == "t-3@71")
        #expect(place("b", nil) == nil)
    }

    @Test func `Topics learn apart from each other`() throws {
        let rows = (0..<6).map { number in
            let isOther = number % 2 == 1
            return Sent(isOther ? #"{"a":"x"}"# : #"{"a":1}"#, topic: isOther ? "u" : "t", offset: Int64(number))
        }
        let learned = try batch(rows)
        #expect(learned.columns(of: "t")?.schema.stored == "a:i")
        #expect(learned.columns(of: "u")?.schema.stored == "a:s")
        #expect(learned.columns(of: "v") == nil)
    }

    /// Against the types that the rows were made with.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `The columns of random batches are those that their rows were made with`(seed: UInt64) throws {
        for number in 0..<500 {
            var rows = RandomRows(seed: seed << 32 | UInt64(number))
            var expected: [String: RowSchema] = [:]
            var sent: [Sent] = []
            for offset in 0..<rows.number(1..<14) {
                let topic = ["t", "u"][rows.number(0..<8) / 6]
                let (text, schema) = rows.next()
                sent.append(Sent(text, topic: topic, offset: Int64(offset)))
                expected[topic] = (expected[topic] ?? RowSchema()).merged(with: schema)
            }
            let learned = try batch(sent)
            let isAsMade = expected.allSatisfy { learned.columns(of: $0)?.schema.stored == $1.stored }
            if !isAsMade || learned.rejectedCount > 0 {
                for (topic, schema) in expected {
                    #expect(learned.columns(of: topic)?.schema.stored == schema.stored, "batch \(seed)/\(number)")
                }
                #expect(learned.rejectedCount == 0, "batch \(seed)/\(number)")
                return
            }
        }
    }
}
