import EmbeddedMetrics
import Foundation
import LineOutput
import Testing

@Suite struct `A line of metrics` {
    private let written = Written()
    private var writer: MetricsWriter { MetricsWriter(namespace: "Prices/EU", output: LineWriter { written.take($0) }) }

    @Test func `says in the Embedded Metric Format what it holds, then holds it`() {
        writer.write(
            [Metric("Records", .count, 3), Metric("Bytes", .bytes, 1024), Metric("Latency", .milliseconds, 5, 70)],
            of: Dimension("Topic", "stock_market"), at: 1_795_262_400_123)
        #expect(
            written.text
                == #"{"_aws":{"Timestamp":1795262400123,"CloudWatchMetrics":[{"Namespace":"Prices/EU","#
                + #""Dimensions":[["Topic"]],"Metrics":[{"Name":"Records","Unit":"Count"},{"Name":"Bytes","Unit":"Bytes"},"#
                + #"{"Name":"Latency","Unit":"Milliseconds"}]}]},"#
                + #""Topic":"stock_market","Records":3,"Bytes":1024,"Latency":[5,70]}"# + "\n")
        #expect(written.calls == 1)
    }

    @Test(arguments: ["a\"b\\c", "tab\tline\r\nbreak\0", "ünïcode-\u{1F600}\u{2028}", "a b+c=d", "{\"_aws\":1}", ""])
    func `is one line of JSON whatever the topic is called`(_ topic: String) throws {
        writer.write([Metric("Records", .count, .max)], of: Dimension("Topic", topic), at: -1)
        #expect(written.text.utf8.filter { $0 == 0x0a || $0 == 0x0d } == [0x0a] && written.text.hasSuffix("}\n"))
        let line = try #require(try JSONSerialization.jsonObject(with: Data(written.text.utf8)) as? NSDictionary)
        #expect(line["Topic"] as? String == topic)
        #expect(line["Records"] as? Int64 == .max)
        #expect((line["_aws"] as? NSDictionary)?["Timestamp"] as? Int == -1)
    }

    @Test func `leaves out a metric that has no value`() throws {
        writer.write(
            [Metric("Records", .count, 1), Metric("Latency", .milliseconds, [])], of: Dimension("Topic", "t"), at: 0)
        #expect(!written.text.contains("Latency") && written.text.contains("\"Metrics\":[{\"Name\":\"Records\""))
    }

    @Test func `is not written where no metric has a value`() {
        writer.write([Metric("Latency", .milliseconds, [])], of: Dimension("Topic", "t"), at: 0)
        writer.write([], of: Dimension("Topic", "t"), at: 0)
        #expect(written.calls == 0)
    }
}

/// What went out. `@unchecked`: all that changes is guarded by `lock`.
private final class Written: @unchecked Sendable {
    private let lock = NSLock()
    private var bytes: [UInt8] = []
    private var count = 0

    var text: String { lock.withLock { String(decoding: bytes, as: UTF8.self) } }
    var calls: Int { lock.withLock { count } }

    func take(_ line: UnsafeRawBufferPointer) -> Int {
        lock.withLock {
            bytes += line
            count += 1
        }
        return line.count
    }
}
