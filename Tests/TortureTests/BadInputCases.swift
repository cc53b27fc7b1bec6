import Foundation

// Long lists of cases read best as tables; each part is its own property, since one literal of all takes
// minutes to compile.
extension BadInput {
    static let all = values + moreValues + encodings + topics + numbers + timestamps + headers + events + batches

    static let values: [BadInput] = [
        .value("nested as deeply as is taken", times(126, "{\"a\":") + "{}" + times(126, "}"), .rows(1)),
        .value(
            "nested a level too deep", times(127, "{\"a\":") + "{}" + times(127, "}"), .quarantined("nested-too-deep")),
        .value(
            "100,000 arrays", "{\"a\":" + times(100_000, "[") + times(100_000, "]") + "}",
            .quarantined("nested-too-deep")),
        .value("a million brackets that never close", times(1_000_000, "["), .quarantined("nested-too-deep")),
        .value("a number of a thousand digits", "{\"a\":" + times(1000, "9") + "}", .rows(1)),
        .value("1e400", "{\"a\":1e400}", .rows(1)),
        .value("leading zero", "{\"a\":01}", .quarantined("malformed-json")),
        .value("NaN", "{\"a\":NaN}", .quarantined("malformed-json")),
        .value("-Infinity", "{\"a\":-Infinity}", .quarantined("malformed-json")),
        .value("hexadecimal", "{\"a\":0x10}", .quarantined("malformed-json")),
        .value("a lone high surrogate, escaped", #"{"a":"\ud800"}"#, .quarantined("lone-surrogate")),
        .value("a lone low surrogate, escaped", #"{"a":"\udc00x"}"#, .quarantined("lone-surrogate")),
        .bytes(
            "a surrogate as UTF-8", Array("{\"a\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8),
            .quarantined("not-utf-8")),
        .bytes(
            "overlong UTF-8", Array("{\"a\":\"".utf8) + [0xC0, 0x80] + Array("\"}".utf8), .quarantined("not-utf-8")),
        .bytes("UTF-8 cut short", Array("{\"a\":\"".utf8) + [0xF0, 0x9F], .quarantined("not-utf-8")),
        .bytes("the byte FF", Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8), .quarantined("not-utf-8")),
        .bytes(
            "beyond U+10FFFF", Array("{\"a\":\"".utf8) + [0xF4, 0x90, 0x80, 0x80] + Array("\"}".utf8),
            .quarantined("not-utf-8")),
        .value("a NUL byte in a string", "{\"a\":\"\0\"}", .quarantined("malformed-json")),
        .value("a NUL byte after the object", "{\"a\":1}\0", .quarantined("malformed-json")),
        .value("NUL, escaped", #"{"a":"\u0000"}"#, .rows(1)),
        .bytes("byte order mark", [0xEF, 0xBB, 0xBF] + Array("{\"a\":1}".utf8), .quarantined("malformed-json")),
        .bytes(
            "UTF-16, little end first", "{\"a\":1}".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            .quarantined("malformed-json")),
        .bytes(
            "UTF-16 with its mark", [0xFE, 0xFF] + "{\"a\":1}".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] },
            .quarantined("not-utf-8")),
    ]

    static let moreValues: [BadInput] = [
        .value("empty", "", .quarantined("malformed-json")),
        .value("white space", " \n\t ", .quarantined("malformed-json")),
        .value("null", "null", .quarantined("not-an-object")),
        .value("an array", "[{\"a\":1}]", .quarantined("not-an-object")),
        .value("a string", "\"{}\"", .quarantined("not-an-object")),
        .value("two objects", "{\"a\":1}{\"a\":2}", .quarantined("malformed-json")),
        .value("two lines, two objects", "{\"a\":1}\n{\"a\":2}", .quarantined("malformed-json")),
        .value("a comma too many", "{\"a\":1,}", .quarantined("malformed-json")),
        .value("a comment", "{\"a\":1/*x*/}", .quarantined("malformed-json")),
        .value("single quotes", "{'a':1}", .quarantined("malformed-json")),
        .value("an escape that is none", #"{"a":"\x41"}"#, .quarantined("malformed-json")),
        .value("half of a \\u", #"{"a":"\u12"}"#, .quarantined("malformed-json")),
        .value("a string that never ends", "{\"a\":\"", .quarantined("malformed-json")),
        .value("a backslash at the end", "{\"a\":\"\\", .quarantined("malformed-json")),
        .value("a line break in a string", "{\"a\":\"x\ny\"}", .quarantined("malformed-json")),
        .value("a tab in a string", "{\"a\":\"\t\"}", .quarantined("malformed-json")),
        .value("line breaks between members", "\r\n{\r\n\"a\":\n1\n}\n", .rows(1)),
        .value("U+2028 in a string", "{\"a\":\"\u{2028}\"}", .rows(1)),
        .value("keys that differ in case", "{\"a\":1,\"A\":2}", .quarantined("duplicate-name")),
        .value("a key twice in a list of objects", "{\"a\":[{},{\"b\":1,\"b\":1}]}", .quarantined("duplicate-name")),
        .value("a name that a partition column has", "{\"Hour\":7}", .quarantined("partition-column-name")),
        .value("that name further in", "{\"a\":{\"hour\":7}}", .rows(1)),
        .value("an empty name", "{\"\":1}", .rows(1)),
        .value(
            "a name that the metadata takes", "{\"Kafka_Offset\":1}", .rows(1),
            withMetadata: .quarantined("metadata-name-taken")),
        .value(
            "that name, escaped", #"{"kafk\u0061_offset":1}"#, .rows(1),
            withMetadata: .quarantined("metadata-name-taken")),
        .value("a megabyte in one string", "{\"a\":\"" + times(1 << 20, "x") + "\"}", .rows(1)),
        .value("a megabyte of escapes", "{\"a\":\"" + times(1 << 18, "\\\\\\\"") + "\"}", .rows(1)),
        .value(
            "a hundred thousand members", "{" + (0..<100_000).map { "\"k\($0)\":0" }.joined(separator: ",") + "}",
            .rows(1)),
    ]

    static let encodings: [BadInput] = [
        .records("value null", record(value: "null"), .quarantined("tombstone")),
        .records("value absent", record(value: nil), .quarantined("tombstone")),
        .records("value of a character that is no base64", record(value: "\"e*==\""), .quarantined("value-not-base64")),
        .records("base64 without its padding", record(value: "\"eyJhIjoxfQ\""), .quarantined("value-not-base64")),
        .records("base64 with white space", record(value: "\"eyJh IjoxfQ==\""), .quarantined("value-not-base64")),
        .records("base64 for URLs", record(value: "\"eyJhIjoi_-8ifQ==\""), .quarantined("value-not-base64")),
        .records("padding in the middle", record(value: "\"eyJh====IjoxfQ==\""), .quarantined("value-not-base64")),
        .records("a single character", record(value: "\"e\""), .quarantined("value-not-base64")),
        .records("not even ASCII", record(value: "\"ü😀\""), .quarantined("value-not-base64")),
        .records("the value as it is", record(value: #""{\"a\":1}""#), .quarantined("value-not-base64")),
        .records("value a number", record(value: "1"), .fails("$.records[\"t-0\"][0].value")),
        .records("value an object", record(value: "{\"a\":1}"), .fails("expected a string")),
        .records(
            "a key that is no base64", record(key: "\"*\""), .rows(1), withMetadata: .quarantined("key-not-base64")),
        .records("a key that is not UTF-8", record(key: "\"/w==\""), .rows(1)),
        .records("a key of a megabyte", record(key: "\"\(times(1 << 18, "AAAA"))\""), .rows(1)),
        .records("key a number", record(key: "5"), .fails(".key")),
    ]

    static let topics: [BadInput] = [
        .records("topic absent", record(topic: nil), .fails("a record with a topic")),
        .records("topic empty", record(topic: "\"\""), .fails("a record with a topic")),
        .records("topic null", record(topic: "null"), .fails("expected a string")),
        .records("topic ../x", record(topic: "\"../x\""), .rows(1)),
        .records("topic ../../errors/t", record(topic: "\"../../errors/t\"", value: "null"), .quarantined("tombstone")),
        .records("topic .", record(topic: "\".\""), .rows(1)),
        .records("topic ..", record(topic: "\"..\""), .rows(1)),
        .records("topic /", record(topic: "\"/\""), .rows(1)),
        .records("topic a b+c=d", record(topic: "\"a b+c=d\""), .rows(1)),
        .records("topic _x", record(topic: "\"_x\""), .rows(1)),
        .records("topic .x", record(topic: "\".x\""), .rows(1)),
        .records("topic %2e%2e%2f", record(topic: "\"%2e%2e%2f\""), .rows(1)),
        .records("topic dt=2020-01-01", record(topic: "\"dt=2020-01-01\""), .rows(1)),
        .records("topic with a backslash", record(topic: #""a\\..\\b""#), .rows(1)),
        .records("topic with line breaks", record(topic: #""a\r\nx-evil: 1""#), .rows(1)),
        .records("topic with NUL", record(topic: #""a\u0000b""#), .rows(1)),
        .records("topic with quotes", record(topic: #""\"},{\"""#), .rows(1)),
        .records("topic of a lone surrogate", record(topic: #""\ud800""#), .rows(1)),
        .records("topic of emoji", record(topic: "\"\(times(50, "😀"))\""), .rows(1)),
        .records("topic of 249 bytes", record(topic: "\"\(times(249, "x"))\""), .rows(1)),
        .records(
            "topic of 249 bytes that all need encoding", record(topic: "\"\(times(249, "/"))\""), .fails("1024 bytes")),
        .records("topic of a megabyte", record(topic: "\"\(times(1 << 20, "x"))\""), .fails("1024 bytes")),
        BadInput(
            "topic that is not UTF-8",
            Array("{\"eventSource\":\"aws:kafka\",\"records\":{\"t-0\":[{\"topic\":\"".utf8) + [0xFF]
                + Array("\",\"partition\":0,\"offset\":7,\"value\":null}]}}".utf8), .fails("UTF-8")),
    ]

    static let numbers: [BadInput] = [
        .records("partition as a string", record(partition: "\"0\""), .rows(1)),
        .records("partition of words", record(partition: "\"zero\""), .fails(".partition")),
        .records("partition -1", record(partition: "-1"), .fails("partition from 0")),
        .records("partition 2³¹", record(partition: "2147483648"), .fails("partition from 0")),
        .records("partition 2³¹-1", record(partition: "2147483647"), .rows(1)),
        .records("partition 1.5", record(partition: "1.5"), .fails("a whole number")),
        .records("partition true", record(partition: "true"), .fails("a whole number")),
        .records("partition absent", record(partition: nil), .fails("partition from 0")),
        .records("offset 2⁶³-1", record(offset: "9223372036854775807"), .rows(1)),
        .records(
            "offset 2⁶³-1, quarantined", record(offset: "9223372036854775807", value: "null"), .quarantined("tombstone")
        ),
        .records("offset 2⁶³", record(offset: "9223372036854775808"), .fails("64 bits")),
        .records("offset of a thousand digits", record(offset: times(1000, "9")), .fails("64 bits")),
        .records("offset -1", record(offset: "-1"), .fails("an offset from 0")),
        .records("offset -2⁶³", record(offset: "-9223372036854775808"), .fails("an offset from 0")),
        .records("offset -0", record(offset: "-0"), .rows(1)),
        .records("offset 1e3", record(offset: "1e3"), .fails("a whole number")),
        .records("offset 007", record(offset: "007"), .fails("a whole number")),
        .records("offset as a string", record(offset: "\"15\""), .rows(1)),
        .records("offset null", record(offset: "null"), .fails(".offset")),
        .records("offset absent", record(offset: nil), .fails("an offset from 0")),
        .records(
            "the last two offsets there are",
            record(offset: "9223372036854775806") + "," + record(offset: "9223372036854775807"), .rows(2)),
        .records(
            "the first offset and the last", record(offset: "0") + "," + record(offset: "9223372036854775807"), .rows(2)
        ),
    ]

    static let timestamps: [BadInput] = [
        .records("timestamp -1", record(timestamp: "-1"), .rows(1)),
        .records("timestamp absent", record(timestamp: nil), .rows(1)),
        .records("timestamp 0", record(timestamp: "0"), .rows(1)),
        .records("timestamp of the year 1", record(timestamp: "-62135596800000"), .rows(1)),
        .records("timestamp before the year 1", record(timestamp: "-62135596800001"), .rows(1)),
        .records("timestamp of the year 10000", record(timestamp: "253402300800000"), .rows(1)),
        .records("timestamp -2⁶³", record(timestamp: "-9223372036854775808"), .rows(1)),
        .records("timestamp 2⁶³-1", record(timestamp: "9223372036854775807"), .rows(1)),
        .records(
            "timestamps -2⁶³ and 2⁶³-1",
            record(offset: "1", timestamp: "-9223372036854775808") + ","
                + record(offset: "2", timestamp: "9223372036854775807"), .rows(2)),
        .records("timestamp 2⁶³", record(timestamp: "9223372036854775808"), .fails(".timestamp")),
        .records("timestamp in words", record(timestamp: "\"now\""), .fails(".timestamp")),
    ]

    static let headers: [BadInput] = [
        .records("headers null", record(value: "null", headers: "null"), .quarantined("tombstone")),
        .records(
            "a header of a megabyte", record(value: "null", headers: "[{\"h\":[\(times(1 << 20, "1,"))1]}]"),
            .quarantined("tombstone")),
        .records(
            "a header's name of a megabyte", record(value: "null", headers: "[{\"\(times(1 << 20, "n"))\":[1]}]"),
            .quarantined("tombstone")),
        .records(
            "a hundred thousand headers",
            record(value: "null", headers: "[" + times(100_000, "{\"h\":[-61]},") + "{\"h\":null}]"),
            .quarantined("tombstone")),
        .records(
            "header bytes -128 to 255", record(value: "null", headers: "[{\"h\":[-128,-1,0,127,128,255]}]"),
            .quarantined("tombstone")),
        .records("a header without a name", record(value: "null", headers: "[{}]"), .quarantined("tombstone")),
        .records(
            "a header of two names", record(value: "null", headers: "[{\"a\":[1],\"a\":[2]}]"),
            .quarantined("tombstone")),
        .records(
            "a header's name with escapes", record(value: "null", headers: #"[{"\ud800\u0000\"":[]}]"#),
            .quarantined("tombstone")),
        .records("a header byte of 256", record(headers: "[{\"h\":[256]}]"), .rows(1)),
        .records("a header byte of 1.5", record(headers: "[{\"h\":[1.5]}]"), .rows(1)),
        .records("a header as text", record(headers: "[{\"h\":\"text\"}]"), .rows(1)),
        .records("headers an object", record(headers: "{\"h\":[1]}"), .rows(1)),
    ]

    static let events: [BadInput] = [
        .event("nothing", "", .fails("an object")),
        .event("null", "null", .fails("an object")),
        .event("an array", "[]", .fails("an object")),
        .event("an object of nothing", "{}", .fails("eventSource")),
        .event("white space", times(1 << 20, " "), .fails("an object")),
        .event("no records", "{\"eventSource\":\"aws:kafka\"}", .fails("records")),
        .event("no source", "{\"records\":{}}", .fails("eventSource")),
        .event("another source", "{\"eventSource\":\"aws:sqs\",\"records\":{}}", .fails("SelfManagedKafka")),
        .event("records null", "{\"eventSource\":\"aws:kafka\",\"records\":null}", .fails("an object")),
        .event("records a list", "{\"eventSource\":\"aws:kafka\",\"records\":[]}", .fails("an object")),
        .event(
            "a list that is an object", "{\"eventSource\":\"aws:kafka\",\"records\":{\"t-0\":{}}}", .fails("an array")),
        .event("no lists", "{\"eventSource\":\"aws:kafka\",\"records\":{}}", .rows(0)),
        .event("an empty list", "{\"eventSource\":\"aws:kafka\",\"records\":{\"t-0\":[]}}", .rows(0)),
        .records("a record null", "null", .fails("an object")),
        .records("a record too many commas", record() + ",", .fails("")),
        .event("cut off", String(batch(record()).dropLast(3)), .fails("")),
        .event("more after it", batch(record()) + "x", .fails("")),
        .event("two events", batch(record()) + batch(record(offset: "8")), .fails("")),
        .event("NUL after it", batch(record()) + "\0", .fails("")),
        BadInput("a byte order mark", [0xEF, 0xBB, 0xBF] + Array(batch(record()).utf8), .fails("an object")),
        BadInput("UTF-16", batch(record()).utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, .fails("")),
        .event(
            "an unknown member nested too deep",
            "{\"x\":\(times(600, "["))\(times(600, "]")),\"eventSource\":\"aws:kafka\",\"records\":{}}", .fails("")),
        .event("a million brackets", "{\"x\":" + times(1_000_000, "["), .fails("")),
        .event("a bad escape in an unknown member", #"{"x":"\q","eventSource":"aws:kafka","records":{}}"#, .fails("")),
    ]

    static let batches: [BadInput] = [
        .records("an offset twice", record() + "," + record(), .fails("offsets must increase")),
        .records("offsets that fall", record(offset: "8") + "," + record(offset: "7"), .fails("offsets must increase")),
        .event(
            "one partition in two lists, out of order",
            "{\"eventSource\":\"aws:kafka\",\"records\":{\"t-0\":[\(record(offset: "8"))],"
                + "\"t-00\":[\(record(offset: "7"))]}}",
            .fails("offsets must increase")),
        .event(
            "records twice",
            "{\"eventSource\":\"aws:kafka\",\"records\":{\"t-0\":[\(record())]},"
                + "\"records\":{\"t-0\":[\(record(offset: "8"))]}}",
            .rows(2)),
        .records("an offset given twice in a record", record(more: ",\"offset\":9"), .rows(1)),
        .records("a value given twice, the second null", record(more: ",\"value\":null"), .quarantined("tombstone")),
        .records(
            "members that nobody knows",
            record(more: ",\"keySchemaMetadata\":{\"dataFormat\":\"AVRO\",\"schemaId\":\"1\"},\"x\":[null,{}]"),
            .rows(1)),
        .event(
            "a list under another name",
            "{\"eventSource\":\"SelfManagedKafka\",\"records\":{\"../evil-9\":[\(record())]}}", .rows(1)),
        .records(
            "a thousand partitions", (0..<1_000).map { record(partition: "\($0)") }.joined(separator: ","), .rows(1_000)
        ),
        .records(
            "six megabytes of one value",
            record(value: "\"\(Data(("{\"a\":\"" + times(4_500_000, "y") + "\"}").utf8).base64EncodedString())\""),
            .rows(1)),
    ]
}
