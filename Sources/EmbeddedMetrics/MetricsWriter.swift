import Bytes
import JSON
import LineOutput
import UTC

/// Figures for CloudWatch as lines of the log in the Embedded Metric Format: no request, no agent, nothing that could
/// fail an invocation. CloudWatch Logs makes metrics of them.
///
/// A line is JSON in any log format; CloudWatch examines each event on its own.
/// Source: "Specification: Embedded metric format", Amazon CloudWatch user guide.
package struct MetricsWriter: Sendable {
    private let namespace: String
    private let level: StaticString?
    private let output: LineWriter

    /// - Parameters:
    ///   - namespace: 1–255 characters; the metrics are found under it.
    ///   - level: where Lambda filters the log by level (`LogFormat: JSON`), one that passes the filter. A line without
    ///     counts as INFO, and with `ApplicationLogLevel: WARN` the metrics would be gone ("Log-level filtering", AWS
    ///     Lambda developer guide).
    package init(namespace: String, level: StaticString? = nil, output: LineWriter = LineWriter()) {
        self.namespace = namespace
        self.level = level
        self.output = output
    }

    /// Writes one line; none if no metric has a value.
    /// - Parameter moment: the time of the values; CloudWatch accepts two weeks back to two hours ahead.
    package func write(_ metrics: [Metric], of dimension: Dimension, at moment: EpochMilliseconds) {
        let reported = metrics.filter { !$0.isEmpty }
        guard !reported.isEmpty else { return }
        let line = ByteBuffer(capacity: 512)
        append(reported, dimension, moment, to: line)
        line.append("\n")
        output.write(line.bytes)
    }

    /// `{"_aws":{…what is where…},"Topic":"…","Records":1,…}`
    private func append(_ metrics: [Metric], _ dimension: Dimension, _ moment: EpochMilliseconds, to line: ByteBuffer) {
        line.append("{\"_aws\":{\"Timestamp\":")
        line.append(decimal: moment)
        line.append(",\"CloudWatchMetrics\":[{\"Namespace\":")
        JSONWriter.appendString(namespace, to: line)
        line.append(",\"Dimensions\":[[\"")
        line.append(dimension.name)
        line.append("\"]],\"Metrics\":[")
        for (index, metric) in metrics.enumerated() {
            line.append(index == 0 ? "{\"Name\":\"" : ",{\"Name\":\"")
            line.append(metric.name)
            line.append("\",\"Unit\":\"")
            line.append(metric.unit.rawValue)
            line.append("\"}")
        }
        line.append("]}]},")
        appendLevel(moment, to: line)
        line.append("\"")
        line.append(dimension.name)
        line.append("\":")
        JSONWriter.appendString(dimension.value, to: line)
        for metric in metrics {
            line.append(",\"")
            line.append(metric.name)
            line.append("\":")
            append(metric.value, to: line)
        }
        line.append("}")
    }

    /// Lambda takes a level only from a line that has a time as well.
    private func appendLevel(_ moment: EpochMilliseconds, to line: ByteBuffer) {
        guard let level else { return }
        line.append("\"timestamp\":\"")
        CalendarTime(moment).appendRFC3339(to: line)
        line.append("\",\"level\":\"")
        line.append(level)
        line.append("\",")
    }

    private func append(_ value: Metric.Value, to line: ByteBuffer) {
        switch value {
        case .one(let number): line.append(decimal: number)
        case .many(let values): append(values, to: line)
        }
    }

    /// Values and how often each occurred, from which CloudWatch has averages and percentiles too, and not only the
    /// extremes. The CloudWatch agent and the OpenTelemetry exporter send this form.
    private func append(_ values: Histogram, to line: ByteBuffer) {
        let buckets = values.buckets
        line.append("{\"Values\":[")
        append(buckets.map(\.value), to: line)
        line.append("],\"Counts\":[")
        append(buckets.map(\.count), to: line)
        let figures: [(StaticString, Int64)] = [
            ("],\"Min\":", values.least), (",\"Max\":", values.greatest), (",\"Sum\":", values.sum),
            (",\"Count\":", values.count),
        ]
        for (name, figure) in figures {
            line.append(name)
            line.append(decimal: figure)
        }
        line.append("}")
    }

    private func append(_ numbers: [Int64], to line: ByteBuffer) {
        for (index, number) in numbers.enumerated() {
            if index > 0 { line.append(",") }
            line.append(decimal: number)
        }
    }
}
