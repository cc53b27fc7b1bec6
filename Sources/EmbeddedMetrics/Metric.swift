/// One figure of a line: its name, what it counts in, and its value or values.
package struct Metric: Sendable {
    /// As CloudWatch knows it; 1–1,024 characters.
    package var name: StaticString
    package var unit: Unit
    package var value: Value

    package enum Value: Equatable, Sendable {
        case one(Int64)
        /// Samples of one statistic; without any, the metric is left out.
        case many(Histogram)
    }

    /// The names that CloudWatch gives to what is counted.
    package enum Unit: String, Sendable {
        case count = "Count"
        case bytes = "Bytes"
        case milliseconds = "Milliseconds"
    }

    package init(_ name: StaticString, _ unit: Unit, _ value: Int64) {
        self.name = name
        self.unit = unit
        self.value = .one(value)
    }

    package init(_ name: StaticString, _ unit: Unit, _ values: Histogram) {
        self.name = name
        self.unit = unit
        value = .many(values)
    }

    var isEmpty: Bool {
        if case .many(let values) = value { values.count == 0 } else { false }
    }
}

/// What the figures of a line are about: `Topic` `stock_market`, say. Each pair of name and value is a metric of its
/// own to CloudWatch, and is billed as one.
package struct Dimension: Sendable {
    /// 1–250 characters; no metric of the line may have the same name.
    package var name: StaticString
    /// 1–1,024 characters of ASCII.
    package var value: String

    package init(_ name: StaticString, _ value: String) {
        self.name = name
        self.value = value
    }
}
