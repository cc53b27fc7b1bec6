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
            Terminal.shared.print(
                "\(grouped(Int(Double(now.acknowledged) / span))) records a second, from the first one read to the last one acknowledged")
        }
        Terminal.shared.print(
            "\(grouped(now.acknowledged)) records acknowledged in \(grouped(now.invocations)) invocations, "
                + "\(grouped(now.discarded)) given up, \(grouped(now.errors)) errors, \(grouped(now.objects)) objects, "
                + "\(tenths(-started.timeIntervalSinceNow)) s; largest batch \(grouped(now.largestBatch))")
    }

    private func summary(_ now: MappingStatistics.Snapshot) -> String {
        "in \(grouped(Int(rates.read)))/s, out \(grouped(Int(rates.acknowledged)))/s (\(tenths(rates.megabytes)) MB/s), "
            + "acknowledged \(grouped(now.acknowledged)), lag \(grouped(now.totalLag)), batch \(grouped(now.lastBatch)), "
            + "function \(tenths(meanDuration(now))) ms, objects \(grouped(now.objects)), errors \(grouped(now.errors))"
    }

    private func meanDuration(_ now: MappingStatistics.Snapshot) -> Double {
        now.invocations > 0 ? now.duration / Double(now.invocations) : 0
    }

    private func lines(_ now: MappingStatistics.Snapshot) -> [String] {
        let lags = now.lag.sorted { $0.key < $1.key }
        let most = max(1, lags.map(\.value).max() ?? 1)
        return [
            "",
            "\(configuration.topics.joined(separator: ", ")) → \(configuration.functionARN.split(separator: ":").last ?? "")"
                + "   group \(configuration.consumerGroupID)   \(configuration.pollers) pollers   \(Int(-started.timeIntervalSinceNow)) s",
            "  records   in \(grouped(Int(rates.read)))/s   out \(grouped(Int(rates.acknowledged)))/s (\(tenths(rates.megabytes)) MB/s)   "
                + "acknowledged \(grouped(now.acknowledged))   given up \(grouped(now.discarded))",
            "  batches   last \(grouped(now.lastBatch))   largest \(grouped(now.largestBatch)) of \(grouped(configuration.batchSize))   "
                + "invocations \(grouped(now.invocations))   function \(tenths(meanDuration(now))) ms",
            "  objects   \(grouped(now.objects))   errors \(grouped(now.errors))   partial failures \(grouped(now.itemFailures))",
            "  lag       \(grouped(now.totalLag))"
                + lags.prefix(12).map { "   \($0.key.partition) \(Self.bar($0.value, of: most)) \(grouped($0.value))" }.joined(),
        ]
    }

    private static func bar(_ value: Int64, of most: Int64) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        return value == 0 ? "·" : String(bars[Int(value * 7 / most)])
    }
}
