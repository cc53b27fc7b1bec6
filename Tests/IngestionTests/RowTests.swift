import Base64
import Bytes
import Environment
import KafkaEvent
import Testing

@testable import Ingestion

/// One record as the event has it; `key` and `value` in plain bytes.
private struct Sent {
    var key: [UInt8]?
    var value: [UInt8]?
    var headers = "[]"
    var type = "CREATE_TIME"

    init(_ value: String?, key: [UInt8]? = nil) {
        self.value = value.map { Array($0.utf8) }
        self.key = key
    }
}

/// The lines that the records become: rows, and the others.
private func lines(
    _ sent: [Sent], _ settings: [String: String] = [:]
) throws -> (rows: [String], errors: [String], IncomingBatch) {
    let event = ByteBuffer()
    event.append(#"{"eventSource":"aws:kafka","records":{"t-0":["#)
    for (offset, record) in sent.enumerated() {
        if offset > 0 { event.append(",") }
        event.append(
            #"{"topic":"t","partition":0,"offset":\#(offset),"timestamp":5,"timestampType":"\#(record.type)","key":"#)
        append(record.key, to: event)
        event.append(",\"value\":")
        append(record.value, to: event)
        event.append(",\"headers\":\(record.headers)}")
    }
    event.append("]}}")
    let batch = try IncomingBatch(modelConfiguration(settings))
    var reader = KafkaEventReader(event.padded)
    try withExtendedLifetime(event) { try batch.add(&reader) }
    let lines = { (content: ObjectContent) in
        batch.drafts.filter { $0.content == content }.flatMap { $0.body.text.split(separator: "\n").map(String.init) }
    }
    return (lines(.rows), lines(.errors), batch)
}

private func append(_ bytes: [UInt8]?, to event: ByteBuffer) {
    guard let bytes else { return event.append("null") }
    event.append("\"")
    bytes.withUnsafeBytes { Base64.encode($0, appendingTo: event) }
    event.append("\"")
}

private let place = #""kafka_topic":"t","kafka_partition":0,"kafka_offset":0,"kafka_timestamp":5"#

@Suite struct RowTests {
    @Test(arguments: [
        (["TIME_PARTITION": "hour"], ["dt", "hour"]), (["TIME_PARTITION": "day"], ["dt"]),
        (["TIME_PARTITION": "none"], []),
        (["PARTITION_COLUMNS": "day,hh"], ["day", "hh"]),
        (["PARTITION_COLUMNS": "day,hh", "TIME_PARTITION": "day"], ["day"]),
        (["PARTITION_COLUMNS": "day", "TIME_PARTITION": "day"], ["day"]),
    ])
    func `a record may have any name but those of the folders that it goes to`(
        settings: [String: String], taken: [String]
    ) throws {
        for name in ["dt", "DT", "hour", "day", "hh"] {
            let (rows, errors, batch) = try lines([Sent("{\"\(name)\":1}")], settings)
            let isTaken = taken.contains(name.lowercased())
            #expect(rows.isEmpty == isTaken && errors.count == (isTaken ? 1 : 0), "\(name)")
            #expect(errors.allSatisfy { $0.hasSuffix("\"reason\":\"partition-column-name\"}") })
            let folder = try #require(batch.drafts.first?.folder)
            #expect(folder.split(separator: "/").dropFirst(2).map { String($0.prefix { $0 != "=" }) } == taken)
        }
    }

    @Test func `no two keys look the same, and numbers of eight bytes have one form`() throws {
        let numbers = [0, 1, 65, 127, 128, 255, 1 << 40, -1].map { (number: Int64) in
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        let keys: [[UInt8]] =
            [Array("/w==".utf8), [0xFF], [], Array("a\"b\\".utf8), Array("é".utf8), [0x7F], Array("\u{85}".utf8), [9]]
            + numbers
        let rows = try lines(keys.map { Sent("{}", key: $0) }, ["RECORD_METADATA": "kafka"]).rows
        let found = rows.map {
            String($0[($0.firstRange(of: "\"kafka_key")?.lowerBound ?? $0.startIndex)...].dropLast())
        }
        #expect(
            found.prefix(8) == [
                #""kafka_key":"/w==""#, #""kafka_key_base64":"/w==""#, #""kafka_key":"""#, #""kafka_key":"a\"b\\""#,
                #""kafka_key":"é""#, #""kafka_key_base64":"fw==""#, #""kafka_key_base64":"woU=""#,
                #""kafka_key_base64":"CQ==""#,
            ])
        #expect(Set(found).count == keys.count)
        #expect(found.dropFirst(8).allSatisfy { $0.hasPrefix("\"kafka_key_base64\":") })
    }

    @Test func `headers are kept with their order, repeats and kinds of value`() throws {
        var sent = Sent("{\"a\":1}")
        sent.type = "LOG_APPEND_TIME"
        sent.headers = #"[{"ce_id":[49]},{"h":[-1]},{"ce_id":[34,10]},{"":null},{"h":[]},{"x":"Yg=="}]"#
        let rows = try lines([sent], ["RECORD_METADATA": "kafka-headers"]).rows
        #expect(
            rows == [
                #"{"a":1,\#(place),"kafka_timestamp_type":"LOG_APPEND_TIME","kafka_headers":["#
                    + #"{"key":"ce_id","value":"1"},{"key":"h","value_base64":"/w=="},"#
                    + #"{"key":"ce_id","value_base64":"Igo="},{"key":"","value":null},"#
                    + #"{"key":"h","value":""},{"key":"x","value":"b"}],"kafka_key":null}"#
            ])
    }

    @Test func `a name that only one kind of metadata writes is taken with that kind alone`() throws {
        let sent = [Sent("{\"kafka_headers\":1}"), Sent("{\"Kafka_Key_Base64\":1}")]
        #expect(try lines(sent).errors.count == 0)
        #expect(try lines(sent, ["RECORD_METADATA": "kafka"]).errors.count == 1)
        #expect(try lines(sent, ["RECORD_METADATA": "kafka-headers"]).errors.count == 2)
    }

    @Test func `a tombstone is counted apart, and a row where that is wanted`() throws {
        let sent = [Sent(nil, key: Array("k".utf8)), Sent("x")]
        let (rows, errors, batch) = try lines(sent, ["RECORD_METADATA": "kafka"])
        #expect(rows.isEmpty && errors.count == 2 && batch.tombstoneCount == 1 && batch.rejectedCount == 1)
        let other = try lines(sent, ["RECORD_METADATA": "kafka", "TOMBSTONES": "row"])
        #expect(other.rows == [#"{\#(place),"kafka_key":"k","kafka_tombstone":true}"#])
        #expect(other.errors.count == 1 && other.2.tombstoneCount == 1 && other.2.rejectedCount == 1)
        #expect(other.2.drafts.map { $0.content == .rows ? $0.tombstoneCount : 0 }.reduce(0, +) == 1)
    }

    @Test func `values of text and of bytes become one column`() throws {
        var binary = Sent("")
        binary.value = [0, 0xFF]
        let sent = [Sent("a,\"b\"\n\\é"), binary, Sent("{\"dt\":1}"), Sent(nil)]
        let text = try lines(sent, ["VALUE_FORMAT": "text"])
        #expect(text.rows == [#"{"value":"a,\"b\"\n\\é"}"#, #"{"value":"{\"dt\":1}"}"#])
        #expect(text.errors.map { String($0.suffix(22)) } == [#","reason":"not-utf-8"}"#, #","reason":"tombstone"}"#])
        let bytes = try lines(sent, ["VALUE_FORMAT": "bytes", "RECORD_METADATA": "kafka"])
        #expect(bytes.rows.count == 3 && bytes.rows[1].hasPrefix(#"{"value_base64":"AP8=","kafka_topic":"t","#))
    }

    @Test(arguments: [
        ("{\"a\":\"\\ud800\"}", "lone-surrogate"), ("{\"\\udc00\":1}", "lone-surrogate"),
        ("{\"a\":" + String(repeating: "[", count: 127) + String(repeating: "]", count: 127) + "}", "nested-too-deep"),
    ])
    func `what only some readers take is put aside`(value: String, reason: String) throws {
        let (rows, errors, _) = try lines([Sent(value)])
        #expect(rows.isEmpty && errors.first?.hasSuffix("\"reason\":\"\(reason)\"}") == true)
    }
}
