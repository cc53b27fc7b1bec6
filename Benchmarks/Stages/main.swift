// Times each stage between an event and its objects, in this process, against memcpy on the same bytes.
//
//     Stages EVENT.json [ROUNDS [URL]]
//
// Prints one line a stage: name, best and median milliseconds, bytes it worked on. URL is that of a server that takes
// PUT requests, for the stage of sending. Ratios within one run are what
// counts; the machine's speed is not ours.

import AWSSigning
import Base64
import Bytes
import Compression
import Environment
import Foundation
import HTTP
import Ingestion
import JSON
import KafkaEvent
import RecordShape

guard CommandLine.arguments.count > 1, let file = FileManager.default.contents(atPath: CommandLine.arguments[1]) else {
    print("usage: Stages EVENT.json [ROUNDS [URL]]")
    exit(2)
}
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 51 : 51

let event = ByteBuffer(capacity: file.count)
file.withUnsafeBytes { event.append($0) }

func configuration(_ settings: [String: String]) throws -> IngestionConfiguration {
    try IngestionConfiguration(Environment(settings.merging(["INGESTION_BUCKET": "bucket"]) { $1 }))
}

let formats = try ObjectFormats(configuration([:]))
@MainActor func batch(
    _ settings: [String: String] = [:], of event: ByteBuffer = event, learning: Bool = false
) throws -> IncomingBatch {
    let batch = IncomingBatch(try configuration(settings), formats, learnsColumns: learning)
    var events = KafkaEventReader(event.padded)
    try batch.add(&events)
    return batch
}

/// Milliseconds by the CPU's clock of this thread.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
}

@MainActor func measure(_ stage: String, _ bytes: Int, _ body: () throws -> Void) rethrows {
    var times: [Double] = []
    for _ in 0..<rounds {
        let start = now()
        try body()
        times.append(now() - start)
    }
    times.sort()
    print(stage, String(format: "%.3f %.3f", times[0], times[times.count / 2]), bytes, separator: "\t")
}

/// The same records with their values changed.
@MainActor func event(changing change: (ByteBuffer, Int) -> Void) throws -> ByteBuffer {
    let changed = ByteBuffer(capacity: event.count)
    changed.append("{\"eventSource\":\"aws:kafka\",\"records\":{\"mixed\":[")
    let value = ByteBuffer()
    var number = 0
    var reader = KafkaEventReader(event.padded)
    while try reader.next(&record) {
        if number > 0 { changed.append(",") }
        changed.append(
            "{\"topic\":\"\(String(decoding: record.topic, as: UTF8.self))\",\"partition\":\(record.partition),")
        changed.append("\"offset\":\(record.offset),\"timestamp\":\(record.timestamp),")
        changed.append("\"timestampType\":\"CREATE_TIME\",")
        value.removeAll()
        _ = record.value.map { Base64.decode($0, appendingTo: value) }
        change(value, number)
        changed.append("\"value\":\"")
        Base64.encode(value.bytes, appendingTo: changed)
        changed.append("\",\"headers\":[]}")
        number += 1
    }
    changed.append("]}}")
    return changed
}

/// Ten shapes in turn: in each but one, another name begins with an X.
@MainActor func mixedEvent() throws -> ByteBuffer {
    try event { value, number in
        let colons = value.bytes.indices.filter { value.bytes[$0] == UInt8(ascii: ":") }
        if number % 10 < colons.count,
            let quote = value.bytes[..<(colons[number % 10] - 1)].lastIndex(of: UInt8(ascii: "\""))
        {
            value.base[quote + 1] = UInt8(ascii: "X")
        }
    }
}

/// A name in each record that no other one has.
@MainActor func everNewEvent() throws -> ByteBuffer {
    try event { value, number in
        value.truncate(to: value.count - 1)
        value.append(",\"name \(number)\":1}")
    }
}

// The texts of all values, one after the other, as the stages see them one by one.
var values: [PaddedBytes] = []
var reader = KafkaEventReader(event.padded)
var record = KafkaRecord()
while try reader.next(&record) { if let value = record.value { values.append(value) } }
let valueBytes = values.reduce(0) { $0 + $1.count }
let drafts = try batch().drafts
let body = ByteBuffer()
for draft in drafts { body.append(draft.body.bytes) }

let copy = ByteBuffer(capacity: event.count)
measure("memcpy of the event", event.count) {
    copy.removeAll()
    copy.append(event.bytes)
}
var count = 0
try measure("scan", event.count) {
    var reader = KafkaEventReader(event.padded)
    while try reader.next(&record) { count += record.value?.count ?? 0 }
}
let decoded = ByteBuffer(capacity: valueBytes)
measure("base64", valueBytes) {
    decoded.removeAll()
    for value in values { _ = Base64.decode(value, appendingTo: decoded) }
}
let lines = body.bytes.split(separator: UInt8(ascii: "\n")).map { body.padded[$0.startIndex..<$0.endIndex] }
measure("validate", body.count) {
    for line in lines { if case .object = JSONCheck.check(line) { count += 1 } }
}
let shapes = ShapeMemory(reserved: [["dt", "hour"]])
@MainActor func check(_ line: PaddedBytes) -> Bool {
    guard case (.object, nil) = shapes.check(line) else { return false }
    return true
}
measure("validate, names too", body.count) { for line in lines where check(line) { count += 1 } }
let mixed = try mixedEvent()
let mixedBody = ByteBuffer()
for draft in try batch(of: mixed).drafts { mixedBody.append(draft.body.bytes) }
let mixedLines = mixedBody.bytes.split(separator: UInt8(ascii: "\n"))
    .map { mixedBody.padded[$0.startIndex..<$0.endIndex] }
measure("validate, names too, ten shapes", mixedBody.count) { for line in mixedLines where check(line) { count += 1 } }
try measure("event to objects", event.count) { try batch().recycleBuffers() }
try measure("event to objects, ten shapes", mixed.count) { try batch(of: mixed).recycleBuffers() }
try measure("event to objects with metadata", event.count) { try batch(["RECORD_METADATA": "kafka"]).recycleBuffers() }
try measure("event to objects, learning columns", event.count) { try batch(learning: true).recycleBuffers() }
try measure("event to objects, ten shapes, learning columns", mixed.count) {
    try batch(of: mixed, learning: true).recycleBuffers()
}
try measure("event to objects with metadata, learning columns", event.count) {
    try batch(["RECORD_METADATA": "kafka"], learning: true).recycleBuffers()
}
let everNew = try everNewEvent()
try measure("event to objects, ever new shapes", everNew.count) { try batch(of: everNew).recycleBuffers() }
try measure("event to objects, ever new shapes, learning columns", everNew.count) {
    try batch(of: everNew, learning: true).recycleBuffers()
}
let compressor = try GzipCompressor()
let packed = ByteBuffer()
try measure("compress", body.count) {
    packed.removeAll()
    try compressor.compress(body.bytes, into: packed)
}
measure("hash", body.count) { count += SHA256Digest(of: body.bytes).hex.utf8.count }
let bodies = drafts.map(\.body.bytes)
measure("hash, as \(drafts.count) objects", body.count) { count += SHA256Digest.all(of: bodies).count }
measure("hash of the compressed body", packed.count) { count += SHA256Digest(of: packed.bytes).hex.utf8.count }
// One request for each object, as S3 gets it.
var signer = SigV4Signer(
    region: "eu-central-1", service: "s3", rules: .s3,
    credentials: AWSCredentials(accessKeyID: "key", secretAccessKey: "secret"))
let digest = SHA256Digest(of: body.bytes)
measure("sign (\(drafts.count) objects)", body.count) {
    for _ in drafts {
        let request = RequestToSign(
            "PUT", host: "bucket.s3.eu-central-1.amazonaws.com",
            path: "/topics/stock_market/dt=2026-11-21/hour=23/stock_market+0+00000000000000100000.json",
            headers: [
                ("If-None-Match", "*"), ("Content-Type", "application/x-ndjson"), ("x-amz-checksum-sha256", digest.hex),
                ("x-amz-meta-topic", "stock_market"), ("x-amz-meta-partition", "0"),
            ], payload: digest)
        count += signer.sign(request, at: 1_795_301_400_000).headers.count
    }
}
if CommandLine.arguments.count > 3 {
    let client = HTTPClient()
    try measure("send (\(drafts.count) objects)", body.count) {
        for draft in drafts {
            count += try client.send(HTTPRequest(.put, CommandLine.arguments[3] + "/bucket/key", body: draft.body))
                .status
        }
    }
}
precondition(count != 0)
