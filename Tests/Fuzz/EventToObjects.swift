import Bytes
import Environment
import Libc
import Logging

@testable import Ingestion

/// From the bytes of an event to the objects in the bucket, under AddressSanitizer: `./build.sh fuzz` builds and runs
/// this. The first byte of an input chooses the configuration.
///
/// What must hold of any input: no crash and no read beyond a buffer; an error writes nothing; otherwise every record
/// has a line, every key lies within the prefixes, and the same event again adds nothing.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzEventToObjects(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 0 else { return 0 }
    // A buffer of its own that ends where the event ends: AddressSanitizer sees one byte more than the slack. Or the
    // event is cut short, and after it is what was there before, as in the runtime's buffer for all events.
    let event = ByteBuffer(capacity: size - 1)
    event.append(UnsafeRawBufferPointer(start: data + 1, count: size - 1))
    if data[0] & 2 != 0 { event.truncate(to: Int(data[0] >> 2) * event.count / 64) }
    let store = MemoryStore()
    let first = deliver(event, store, choice: data[0])
    let keys = Set(store.objects.keys)
    must(first != nil || keys.isEmpty, "an event that fails writes something")
    var lines = 0
    for (key, object) in store.objects {
        must(key.utf8.count <= 1024, "a key is too long")
        // By bytes, as S3 and its readers do: to Swift a slash with an accent after it is not a slash.
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        must(parts.first == "topics" || parts.first == "errors", "a key is outside of the prefixes")
        must(parts.count == 5 && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }, "a key leaves its folder")
        must(object.body.last == UInt8(ascii: "\n"), "an object ends within a line")
        must(!object.body.contains(UInt8(ascii: "\r")), "a line has a line break")
        lines += object.body.count { $0 == UInt8(ascii: "\n") }
        must(String(validating: object.body, as: UTF8.self) != nil, "an object is not UTF-8")
        guard parts.first == "topics" else { continue }
        for line in object.body.split(separator: UInt8(ascii: "\n")) {
            must(StrictReader.takes(Array(line), refusing: ["dt", "hour"]), "a row that not every reader takes")
        }
    }
    guard let first else { return 0 }
    must(lines == first, "\(lines) lines for \(first) records")
    must(deliver(event, store, choice: data[0]) == first, "the same event ends otherwise")
    must(Set(store.objects.keys) == keys, "the same event again adds objects")
    return 0
}

/// How many records the batch had; `nil` where the invocation fails.
private func deliver(_ event: ByteBuffer, _ store: MemoryStore, choice: UInt8) -> Int? {
    // Where the event is not cut short, the other bits choose more.
    let rest = choice & 2 == 0 ? Int(choice >> 2) : 0
    let metadata = choice & 1 == 0 ? "none" : ["kafka", "kafka-headers"][rest & 1]
    let environment = Environment([
        "INGESTION_BUCKET": "bucket", "COMPRESSION": "none", "RECORD_METADATA": metadata, "TIME_PARTITION": "hour",
        "CRAWLER_NAME": "crawler", "TOMBSTONES": metadata == "none" || rest & 2 == 0 ? "errors" : "row",
        "VALUE_FORMAT": ["json", "json", "text", "bytes"][rest >> 2 & 3],
    ])
    guard let configuration = try? IngestionConfiguration(environment), let crawler = configuration.crawler,
        let ingestion = try? Ingestion(configuration, store, CrawlerCatalog(crawler, store, store))
    else { abort() }
    guard let outcome = try? ingestion.ingest(event, quiet) else { return nil }
    must(outcome.unwritten.isEmpty, "something is not stored though nothing fails")
    return outcome.recordCount
}

private let quiet = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

private func must(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
    if !holds {
        // Before it ends: nobody flushes what is printed.
        let text = otherwise() + "\n"
        _ = text.withCString { write(2, $0, strlen($0)) }
        abort()
    }
}
