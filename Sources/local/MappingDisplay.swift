import EventSourceMapping
import Foundation
import Kafka

/// How the mapping does: drawn four times a second on a terminal, a line at every interval elsewhere.
final class MappingDisplay {
    private let configuration: MappingConfiguration
    private let statistics: MappingStatistics
    private let interval: Double
    private let started = Date()
    private var last = (moment: Date(), snapshot: MappingStatistics.Snapshot())
    private var rates = (read: 0.0, acknowledged: 0.0, megabytes: 0.0)
    private var lastLine = ""

    init(_ configuration: MappingConfiguration, _ statistics: MappingStatistics, interval: Int) {
        self.interval = Terminal.shared.isLive ? 1 : Double(interval)
        self.configuration = configuration
        self.statistics = statistics
    }

    func tick() {
        let now = statistics.snapshot
        let elapsed = -last.moment.timeIntervalSinceNow
        guard elapsed >= interval else {
            if Terminal.shared.isLive { Terminal.shared.show(lines(now)) }
            return
        }
        rates = (
            Double(now.read - last.snapshot.read) / elapsed,
            Double(now.acknowledged - last.snapshot.acknowledged) / elapsed,
            Double(now.acknowledgedBytes - last.snapshot.acknowledgedBytes) / elapsed / 1e6
        )
        last = (Date(), now)
        if Terminal.shared.isLive { return Terminal.shared.show(lines(now)) }
        let line = summary(now)
        // Where nothing happens there is nothing to say.
        if line != lastLine { Terminal.shared.print(line) }
        lastLine = line
    }

    func finish() {
        let now = statistics.snapshot
        Terminal.shared.show([])
        let span = now.lastAcknowledged - now.firstRead
        if span > 0 {
            let rate = grouped(Int(Double(now.acknowledged) / span))
            Terminal.shared.print("\(rate) records per second, from the first read to the last acknowledged")
        }
        Terminal.shared.print(
            "\(counted(now.acknowledged, "record")) acknowledged in \(counted(now.invocations, "invocation")), "
                + "\(grouped(now.discarded)) discarded, \(counted(now.errors, "error")), "
                + "\(counted(now.objects, "object")), \(tenths(-started.timeIntervalSinceNow)) s; "
                + "largest batch \(grouped(now.largestBatch))")
    }

    private func summary(_ now: MappingStatistics.Snapshot) -> String {
        "in \(grouped(Int(rates.read)))/s, out \(grouped(Int(rates.acknowledged)))/s "
            + "(\(tenths(rates.megabytes)) MB/s), acknowledged \(grouped(now.acknowledged)), "
            + "lag \(grouped(now.totalLag)), batch \(grouped(now.lastBatch)), "
            + "function \(tenths(meanDuration(now))) ms, objects \(grouped(now.objects)), errors \(grouped(now.errors))"
    }

    private func meanDuration(_ now: MappingStatistics.Snapshot) -> Double {
        now.invocations > 0 ? now.duration / Double(now.invocations) : 0
    }

    private func lines(_ now: MappingStatistics.Snapshot) -> [String] {
        Self.lines(
            now, rates, configuration, seconds: Int(-started.timeIntervalSinceNow), width: Terminal.shared.columns() - 1
        )
    }

    static func lines(
        _ now: MappingStatistics.Snapshot, _ rates: (read: Double, acknowledged: Double, megabytes: Double),
        _ configuration: MappingConfiguration, seconds: Int, width: Int
    ) -> [String] {
        let lags = now.lag.sorted { $0.key < $1.key }
        let most = lags.map(\.value).max() ?? 0
        let duration = now.invocations > 0 ? now.duration / Double(now.invocations) : 0
        let function = configuration.functionARN.split(separator: ":").last ?? ""
        let rows: [(String, [String])] = [
            (
                "",
                [
                    "\(configuration.topics.joined(separator: ", ")) → \(function)",
                    "group \(configuration.consumerGroupID)",
                    counted(configuration.pollers, "poller"), "\(seconds) s",
                ]
            ),
            (
                "  records   ",
                [
                    "acknowledged \(grouped(now.acknowledged))", "discarded \(grouped(now.discarded))",
                    "in \(grouped(Int(rates.read)))/s",
                    "out \(grouped(Int(rates.acknowledged)))/s (\(tenths(rates.megabytes)) MB/s)",
                ]
            ),
            (
                "  batches   ",
                [
                    "invocations \(grouped(now.invocations))", "errors \(grouped(now.errors))",
                    "partial failures \(grouped(now.itemFailures))", "function \(tenths(duration)) ms",
                    "last \(grouped(now.lastBatch))",
                    "largest \(grouped(now.largestBatch)) of \(grouped(configuration.batchSize))",
                ]
            ),
            ("  objects   ", [grouped(now.objects)]),
            (
                "  lag       ",
                [grouped(now.totalLag)]
                    + lags.prefix(12).map { "\($0.key.partition) \(bar($0.value, of: most)) \(grouped($0.value))" }
            ),
        ]
        return [""] + rows.flatMap { flow($0.0, $0.1, width: width) }
    }

    /// Figures after a label, on as many lines as they need: what is cut off at the edge is always what one looks for.
    private static func flow(_ label: String, _ items: [String], width: Int) -> [String] {
        var lines = [label]
        for item in items {
            let line = lines[lines.count - 1]
            if line.count == label.count {
                lines[lines.count - 1] += item
            } else if line.count + 3 + item.count <= width {
                lines[lines.count - 1] += "   " + item
            } else {
                lines.append(String(repeating: " ", count: label.count) + item)
            }
        }
        return lines
    }

    private static func bar(_ value: Int64, of most: Int64) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        guard value > 0, most > 0 else { return "·" }
        return String(bars[min(7, Int(Double(value) / Double(most) * 7))])
    }
}
