import Bytes
import JSON
import LineOutput
import UTC

/// Figures for CloudWatch as lines of the log in the Embedded Metric Format: no request, no agent, nothing that could
/// fail an invocation. CloudWatch Logs makes metrics of them.
///
/// A line is JSON whatever format the log has; CloudWatch looks at each event on its own.
/// Source: "Specification: Embedded metric format", Amazon CloudWatch user guide.
public struct MetricsWriter: Sendable {
    private let namespace: String
    private let output: LineWriter

    /// - Parameter namespace: 1–255 characters; the metrics are found under it.
    public init(namespace: String, output: LineWriter = LineWriter()) {
        self.namespace = namespace
        self.output = output
    }

    /// Writes one line; none where no metric has a value.
    /// - Parameter moment: when what the figures say was so; CloudWatch takes two weeks back to two hours ahead.
    public func write(_ metrics: [Metric], of dimension: Dimension, at moment: EpochMilliseconds) {
        let stated = metrics.filter { !$0.values.isEmpty }
        guard !stated.isEmpty else { return }
        let line = ByteBuffer(capacity: 512)
        append(stated, dimension, moment, to: line)
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
        line.append("]}]},\"")
        line.append(dimension.name)
        line.append("\":")
        JSONWriter.appendString(dimension.value, to: line)
        for metric in metrics {
            line.append(",\"")
            line.append(metric.name)
            line.append("\":")
            append(metric.values, to: line)
        }
        line.append("}")
    }

    private func append(_ values: [Int64], to line: ByteBuffer) {
        if values.count == 1 { return line.append(decimal: values[0]) }
        for (index, value) in values.enumerated() {
            line.append(index == 0 ? "[" : ",")
            line.append(decimal: value)
        }
        line.append("]")
    }
}
