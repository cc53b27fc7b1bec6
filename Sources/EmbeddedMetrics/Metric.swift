/// One figure of a line: its name, what it counts in, and its values.
public struct Metric: Sendable {
    /// As CloudWatch knows it; 1–1,024 characters.
    public var name: StaticString
    public var unit: Unit
    /// At most 100. Several count as so many samples of one statistic; with none, the metric is left out.
    public var values: [Int64]

    /// The names that CloudWatch gives to what is counted.
    public enum Unit: String, Sendable {
        case count = "Count"
        case bytes = "Bytes"
        case milliseconds = "Milliseconds"
    }

    public init(_ name: StaticString, _ unit: Unit, _ values: Int64...) {
        self.init(name, unit, values)
    }

    public init(_ name: StaticString, _ unit: Unit, _ values: [Int64]) {
        self.name = name
        self.unit = unit
        self.values = values
    }
}

/// What the figures of a line are about: `Topic` `stock_market`, say. Each pair of name and value is a metric of its
/// own to CloudWatch, and is billed as one.
public struct Dimension: Sendable {
    /// 1–250 characters; no metric of the line may have the same name.
    public var name: StaticString
    /// 1–1,024 characters of ASCII.
    public var value: String

    public init(_ name: StaticString, _ value: String) {
        self.name = name
        self.value = value
    }
}
