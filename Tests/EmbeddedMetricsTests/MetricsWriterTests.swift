import EmbeddedMetrics
import Foundation
import LineOutput
import Testing

@Suite struct `A line of metrics` {
    private let written = Written()
    private var writer: MetricsWriter { MetricsWriter(namespace: "Prices/EU", output: LineWriter { written.take($0) }) }

    @Test func `says in the Embedded Metric Format what it holds, then holds it`() {
        writer.write(
            [
                Metric("Records", .count, 3), Metric("Bytes", .bytes, 1024),
                Metric("Latency", .milliseconds, histogram(5, 70, 5)),
            ],
            of: Dimension("Topic", "stock_market"), at: 1_795_262_400_123)
        #expect(
            written.text
                == #"{"_aws":{"Timestamp":1795262400123,"CloudWatchMetrics":[{"Namespace":"Prices/EU","#
                + #""Dimensions":[["Topic"]],"Metrics":[{"Name":"Records","Unit":"Count"},"#
                + #"{"Name":"Bytes","Unit":"Bytes"},"#
                + #"{"Name":"Latency","Unit":"Milliseconds"}]}]},"#
                + #""Topic":"stock_market","Records":3,"Bytes":1024,"Latency":"#
                + #"{"Values":[5,70],"Counts":[2,1],"Min":5,"Max":70,"Sum":80,"Count":3}}"# + "\n")
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
            [Metric("Records", .count, 1), Metric("Latency", .milliseconds, Histogram())],
            of: Dimension("Topic", "t"), at: 0)
        #expect(!written.text.contains("Latency") && written.text.contains("\"Metrics\":[{\"Name\":\"Records\""))
    }

    @Test func `is not written where no metric has a value`() {
        writer.write([Metric("Latency", .milliseconds, Histogram())], of: Dimension("Topic", "t"), at: 0)
        writer.write([], of: Dimension("Topic", "t"), at: 0)
        #expect(written.calls == 0)
    }
}

@Suite struct `A line of metrics where Lambda filters by level` {
    @Test func `has the level and the time that let it pass`() throws {
        let written = Written()
        let writer = MetricsWriter(namespace: "n", level: "WARN", output: LineWriter { written.take($0) })
        writer.write([Metric("Records", .count, 1)], of: Dimension("Topic", "t"), at: 1_795_262_400_123)
        let line = try #require(try JSONSerialization.jsonObject(with: Data(written.text.utf8)) as? NSDictionary)
        #expect(line["level"] as? String == "WARN")
        #expect(line["timestamp"] as? String == "2026-11-21T12:00:00.123Z")
    }
}

@Suite struct `A histogram` {
    @Test func `holds small values as they are`() {
        let histogram = histogram(0, 15, 3, 3, -7)
        #expect(histogram.buckets.map(\.value) == [0, 3, 15] && histogram.buckets.map(\.count) == [2, 2, 1])
    }

    @Test(arguments: [1, 10, 1000, 100_000, 1_000_000_000] as [Int64])
    func `has at most a hundred kinds, and count, sum and extremes are exact`(scale: Int64) {
        var histogram = Histogram()
        let values = (0..<10_000).map { Int64($0 * $0 % 9973) &* scale &+ Int64($0) }
        for value in values { histogram.add(value) }
        let buckets = histogram.buckets
        #expect(buckets.count <= 100 && buckets.allSatisfy { $0.count > 0 })
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.value <= $1.value })
        #expect(buckets.reduce(0) { $0 + $1.count } == 10_000 && histogram.count == 10_000)
        #expect(histogram.sum == values.reduce(0, &+))
        #expect(histogram.least == values.min() && histogram.greatest == values.max())
    }

    /// The figure that an alarm looks at.
    @Test(arguments: [0.5, 0.9, 0.99]) func `gives a percentile within a tenth`(rank: Double) {
        var histogram = Histogram()
        var values: [Int64] = []
        for n in 1...5000 as ClosedRange<Int64> {
            let value = n * n % 7919 + 200
            values.append(value)
            histogram.add(value)
        }
        values.sort()
        let exact = values[Int(rank * 5000)]
        var seen: Int64 = 0
        let shown = histogram.buckets.first { bucket in
            seen += bucket.count
            return Double(seen) > rank * 5000
        }
        #expect(abs(Double(shown?.value ?? 0) / Double(exact) - 1) < 0.1)
    }

    @Test func `takes the largest numbers`() {
        #expect(histogram(.max, .max).buckets.map(\.count) == [2])
    }
}

private func histogram(_ values: Int64...) -> Histogram {
    var histogram = Histogram()
    for value in values { histogram.add(value) }
    return histogram
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
