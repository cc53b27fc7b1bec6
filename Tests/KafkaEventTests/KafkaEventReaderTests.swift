import Bytes
import JSON
import Testing

@testable import KafkaEvent

/// What a test wants to know of a record, copied out of the event.
struct SeenRecord: Equatable {
    var topic: String
    var partition: Int32
    var offset: Int64
    var timestamp: Int64 = -1
    var key: String?
    var value: String?
    var headers: [Header] = []

    struct Header: Equatable {
        var name: String
        var bytes: [UInt8]?
    }
}

func read(_ event: String) throws -> [SeenRecord] {
    let buffer = ByteBuffer()
    buffer.append(event)
    var seen: [SeenRecord] = []
    var reader = KafkaEventReader(buffer.padded)
    var record = KafkaRecord()
    while try reader.next(&record) {
        var headers: [SeenRecord.Header] = []
        record.headers.forEach { headers.append(.init(name: $0.text, bytes: $1.map { Array($0.bytes) })) }
        seen.append(
            SeenRecord(
                topic: String(decoding: record.topic, as: UTF8.self), partition: record.partition,
                offset: record.offset,
                timestamp: record.timestamp, key: record.key.map { String(decoding: $0.bytes, as: UTF8.self) },
                value: record.value.map { String(decoding: $0.bytes, as: UTF8.self) }, headers: headers))
    }
    return seen
}

func batch(_ records: String, source: String = "aws:kafka") -> String {
    #"{"eventSource":"\#(source)","eventSourceArn":"arn:aws:kafka:…","records":{"t-0":[\#(records)]}}"#
}

@Suite("An event is read")
struct KafkaEventReaderTests {
    @Test("with every field of the documented example")
    func documentedExample() throws {
        let records = try read(
            """
            {"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:us-east-1:123456789012:cluster/vpc/x",
             "bootstrapServers":"b-1:9092,b-2:9092","records":{"mytopic-0":[{"topic":"mytopic","partition":0,
             "offset":15,"timestamp":1545084650987,"timestampType":"CREATE_TIME",
             "key":"abcDEFghiJKLmnoPQRstuVWXyz1234==",
             "value":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","headers":[{"headerKey":[104,101,97,-61]}]}]}}
            """)
        #expect(
            records == [
                SeenRecord(
                    topic: "mytopic", partition: 0, offset: 15, timestamp: 1_545_084_650_987,
                    key: "abcDEFghiJKLmnoPQRstuVWXyz1234==", value: "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                    headers: [.init(name: "headerKey", bytes: [104, 101, 97, 195])])
            ])
    }

    @Test(
        "from MSK and from self-managed clusters", arguments: ["aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"])
    func sources(source: String) throws {
        #expect(try read(batch(#"{"topic":"t","partition":0,"offset":1}"#, source: source)).count == 1)
    }

    @Test(
        "whatever form a record takes",
        arguments: [
            (
                #"{"topic":"t","partition":0,"offset":1,"key":null,"value":null}"#,
                SeenRecord(topic: "t", partition: 0, offset: 1)
            ),
            (#"{"topic":"t","partition":0,"offset":1}"#, SeenRecord(topic: "t", partition: 0, offset: 1)),
            (#"{"topic":"t","partition":"7","offset":1}"#, SeenRecord(topic: "t", partition: 7, offset: 1)),
            (
                #"{"offset":1,"partition":0,"value":"YQ==","topic":"a-b-0"}"#,
                SeenRecord(topic: "a-b-0", partition: 0, offset: 1, value: "YQ==")
            ),
            (
                #"{"topic":"t","partition":0,"offset":9223372036854775807}"#,
                SeenRecord(topic: "t", partition: 0, offset: .max)
            ),
            (
                #"{"topic":"t","partition":0,"offset":1,"timestamp":-1}"#,
                SeenRecord(topic: "t", partition: 0, offset: 1)
            ),
            (
                #"{"topic":"t","partition":0,"offset":1,"value":"\/+8\u003d"}"#,
                SeenRecord(topic: "t", partition: 0, offset: 1, value: "/+8=")
            ),
            (
                #"{"topic":"b\u00f6rse \ud83d\udcc8","partition":0,"offset":1}"#,
                SeenRecord(topic: "börse 📈", partition: 0, offset: 1)
            ),
            (
                #"{"topic":"t","partition":0,"offset":1,"headers":null}"#,
                SeenRecord(topic: "t", partition: 0, offset: 1)
            ),
            (#"{"topic":"t","partition":0,"offset":1,"headers":[]}"#, SeenRecord(topic: "t", partition: 0, offset: 1)),
            (
                #"{"topic":"t","partition":0,"offset":1,"headers":[{"a":[-128,255,0]},{"a":[]},{"b":null}]}"#,
                SeenRecord(
                    topic: "t", partition: 0, offset: 1,
                    headers: [.init(name: "a", bytes: [128, 255, 0]), .init(name: "a", bytes: []), .init(name: "b")])
            ),
            (
                #"{"topic":"t","partition":0,"offset":1,"headers":{"a":[1],"b":"Yg=="}}"#,
                SeenRecord(
                    topic: "t", partition: 0, offset: 1,
                    headers: [.init(name: "a", bytes: [1]), .init(name: "b", bytes: [98])])
            ),
            (
                #"{"topic":"t","partition":0,"offset":1,"headers":[{"a":"no base64"},{"b":[256]},{"c":-1.5},"d"]}"#,
                SeenRecord(
                    topic: "t", partition: 0, offset: 1,
                    headers: [
                        .init(name: "a", bytes: Array("no base64".utf8)), .init(name: "b", bytes: Array("[256]".utf8)),
                        .init(name: "c", bytes: Array("-1.5".utf8)),
                    ])
            ),
            (
                #"{"new":{"a":[1,{"b":-1.5e+3}],"c":"\""},"topic":"t","partition":0,"offset":1,"#
                    + #""valueSchemaMetadata":{"dataFormat":"JSON","schemaId":"1"},"x":true}"#,
                SeenRecord(topic: "t", partition: 0, offset: 1)
            ),
            (
                " \n{ \"topic\" : \"t\" ,\t\"partition\" : 0 , \"offset\" : 1 } \r",
                SeenRecord(topic: "t", partition: 0, offset: 1)
            ),
        ])
    func forms(record: String, expected: SeenRecord) throws {
        #expect(try read(batch(record)) == [expected])
    }

    @Test("with several topics and partitions, in the event's order")
    func severalPartitions() throws {
        let records = try read(
            """
            {"records":{"b-0":[{"topic":"b","partition":0,"offset":5},{"topic":"b","partition":0,"offset":6}],"b-1":[],
            "a-3":[{"topic":"a","partition":3,"offset":1}]},"eventSource":"SelfManagedKafka"}
            """)
        #expect(records.map(\.topic) == ["b", "b", "a"])
        #expect(records.map(\.offset) == [5, 6, 1])
    }

    @Test("when it holds no records", arguments: [#"{}"#, #"{"t-0":[]}"#])
    func emptyBatch(lists: String) throws {
        #expect(try read(#"{"eventSource":"aws:kafka","records":\#(lists)}"#).isEmpty)
    }
}

@Suite("An event is refused, naming path and byte,")
struct KafkaEventErrorTests {
    @Test(
        "when it is not a Kafka batch",
        arguments: [
            ("{}", "$", 2),
            ("", "$", 0),
            ("[]", "$", 0),
            ("null", "$", 0),
            (#"{"Records":[{"eventSource":"aws:s3"}]}"#, "$", 38),
            (#"{"eventSource":"aws:s3","records":{}}"#, "$.eventSource", 15),
            (#"{"eventSource":7,"records":{}}"#, "$.eventSource", 15),
            (#"{"eventSource":"aws:kafka"}"#, "$", 27),
            (#"{"records":{}}"#, "$", 14),
            (#"{"eventSource":"aws:kafka","records":[]}"#, "$.records", 37),
            (#"{"eventSource":"aws:kafka","records":null}"#, "$.records", 37),
            (#"{"eventSource":"aws:kafka","records":{"t-0":{}}}"#, #"$.records["t-0"]"#, 44),
            (#"{"eventSource":"aws:kafka","records":{}} x"#, "$", 41),
            (#"{"eventSource":"aws:kafka","records":{},}"#, "$.records", 40),
        ])
    func notABatch(event: String, path: String, offset: Int) {
        #expect { try read(event) } throws: { error in
            let error = error as? KafkaEventError
            return error?.path == path && error?.offset == offset
        }
    }

    @Test(
        "when a record's field has the wrong type",
        arguments: [
            (#"{"topic":1,"partition":0,"offset":1}"#, "topic"),
            (#"{"topic":"t","partition":0.5,"offset":1}"#, "partition"),
            (#"{"topic":"t","partition":"x","offset":1}"#, "partition"),
            (#"{"topic":"t","partition":0,"offset":true}"#, "offset"),
            (#"{"topic":"t","partition":0,"offset":9223372036854775808}"#, "offset"),
            (#"{"topic":"t","partition":0,"offset":01}"#, "offset"),
            (#"{"topic":"t","partition":0,"offset":1e3}"#, "offset"),
            (#"{"topic":"t","partition":0,"offset":1,"timestamp":null}"#, "timestamp"),
            (#"{"topic":"t","partition":0,"offset":1,"value":{}}"#, "value"),
            (#"{"topic":"t","partition":0,"offset":1,"key":3}"#, "key"),
            (#"{"topic":"t","partition":0,"offset":1,"headers":[{"a":[1,]}]}"#, "headers"),
            (#"{"topic":"t","partition":0,"offset":1,"value":"a\x"}"#, "value"),
            ("{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"value\":\"a\nb\"}", "value"),
            (#"{"topic":"t","partition":0,"offset":1,"other":nul}"#, "other"),
        ])
    func wrongType(record: String, field: String) {
        #expect { try read(batch(record)) } throws: { error in
            (error as? KafkaEventError)?.path == #"$.records["t-0"][0].\#(field)"#
        }
    }

    @Test(
        "when a record lacks what places it, or has it out of range",
        arguments: [
            #"{"partition":0,"offset":1}"#, #"{"topic":"t","offset":1}"#, #"{"topic":"t","partition":0}"#,
            #"{"topic":"","partition":0,"offset":1}"#, #"{"topic":"t","partition":-1,"offset":1}"#,
            #"{"topic":"t","partition":2147483648,"offset":1}"#, #"{"topic":"t","partition":0,"offset":-1}"#, "null",
            "[]", "7",
        ])
    func misplaced(record: String) {
        #expect { try read(batch(record)) } throws: { error in
            (error as? KafkaEventError)?.path == #"$.records["t-0"][0]"# && (error as? KafkaEventError)?.offset == 82
        }
    }

    /// Those before it are in Lambda's own form, which is read apart from all others.
    @Test("by its place in its list", arguments: [0, 1, 5])
    func place(index: Int) {
        var records = (0..<index).map { offset in
            let place = #""topic":"t","partition":0,"offset":\#(offset),"timestamp":5"#
            return #"{\#(place),"timestampType":"CREATE_TIME","value":"e30=","headers":[]}"#
        }
        records.append(#"{"topic":"t","partition":0,"offset":false}"#)
        #expect { try read(batch(records.joined(separator: ","))) } throws: { error in
            (error as? KafkaEventError)?.path == #"$.records["t-0"][\#(index)].offset"#
        }
    }

    @Test("at whatever byte it is cut off")
    func truncated() throws {
        let event = Array(
            batch(
                #"{"topic":"t","partition":0,"offset":1,"value":"\u00e9\/","headers":[{"a":[1,-2]}],"x":[-1.5e3,null]}"#
            ).utf8)
        #expect(try read(String(decoding: event, as: UTF8.self)).count == 1)
        for length in event.indices {
            #expect(throws: KafkaEventError.self) { try read(String(decoding: event[..<length], as: UTF8.self)) }
        }
    }

    @Test("when it is nested without end, and does not crash")
    func bottomless() {
        #expect(throws: KafkaEventError.self) { try read(#"{"x":"# + String(repeating: "[", count: 1_000_000)) }
    }

    @Test(
        "by what it is, where it is an event of another service or no batch at all",
        arguments: [
            (
                #"{"Records":[{"messageId":"1","body":"x","eventSource":"aws:sqs","awsRegion":"eu-west-1"}]}"#,
                "Amazon SQS"
            ),
            (#"{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"x"}}]}"#, "Amazon SNS"),
            (#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","s3":{}}]}"#, "Amazon S3"),
            (#"{"Records":[{"kinesis":{"data":"eA=="},"eventSource":"aws:kinesis"}]}"#, "Amazon Kinesis"),
            (#"{"eventSource":"aws:rmq","rmqMessagesByQueue":{}}"#, "Amazon MQ"),
            (#"{"version":"2.0","routeKey":"$default","rawPath":"/","requestContext":{},"body":"x"}"#, "API Gateway"),
            (#"{"resource":"/","httpMethod":"GET","requestContext":{}}"#, "API Gateway"),
            (#"{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#, "EventBridge"),
            (#"{"awslogs":{"data":"eA=="}}"#, "CloudWatch Logs"),
            (#"{"topic":"t","partition":0,"offset":1,"timestamp":5,"value":"e30="}"#, "a single Kafka record"),
            (#"[{"eventSource":"aws:kafka","topic":"t","partition":0,"offset":1}]"#, "EventBridge Pipes"),
            (
                #"{"eventSource":"aws:kafka","records":{"t-0":[{"topic":"t","partition":0,"off"#,
                "truncated after 76 bytes"
            ),
            (#"{"Records":[{"eventSource":"aws:sqs","body":"#, "Amazon SQS"), ("", "is empty"), (" \n", "is empty"),
            (#"{"Index":"N225"}"#, "is not a batch of a Kafka event source mapping"), ("{} x", "is not a batch"),
            (#"{"eventSource":"aws:kafka","records":{"t-0":[{"topic":7}]}}"#, "is not a batch"),
        ])
    func otherEvents(event: String, name: String) {
        #expect { try ingestable(event) } throws: { error in
            let text = "\(error)"
            return text.contains(name) && text.contains("expected") && text.contains("byte")
        }
    }

    /// As the function reads it: API Gateway's events look like a failed batch's record from afar.
    private func ingestable(_ event: String) throws -> [SeenRecord] {
        let buffer = ByteBuffer()
        buffer.append(event)
        return switch EventKind(of: buffer) {
        case .failedBatchRecord: try read(FailedBatchRecord.payload(in: buffer).text)
        case .kafkaBatch: try read(event)
        }
    }

    @Test("and never quotes a record's content")
    func noContent() {
        #expect { try read(batch(#"{"topic":"t","partition":0,"offset":"secret"}"#)) } throws: {
            !"\($0)".contains("secret")
        }
    }
}
