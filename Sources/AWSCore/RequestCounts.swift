/// What a request is billed as; several operations may share one.
package struct RequestCounter: Sendable, Equatable {
    /// In the log's summary: `put`.
    package let name: String
    /// The name of CloudWatch's metric: `PutRequests`.
    package let metric: StaticString

    package init(_ name: String, metric: StaticString) {
        self.name = name
        self.metric = metric
    }

    package static func == (left: RequestCounter, right: RequestCounter) -> Bool { left.name == right.name }
}

/// How many requests an invocation made, by what they are billed as.
package struct RequestCounts: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private var counts: [(counter: RequestCounter, count: Int)] = []

    package init(dictionaryLiteral elements: (RequestCounter, Int)...) { counts = elements.map { ($0, $1) } }

    package var total: Int { counts.reduce(0) { $0 + $1.count } }

    package subscript(counter: RequestCounter) -> Int { counts.first { $0.counter == counter }?.count ?? 0 }

    /// The counts of `counters` in their order, zeros included, then any other that is not zero: no request that is
    /// paid for goes without mention.
    package func reported(_ counters: [RequestCounter]) -> [(counter: RequestCounter, count: Int)] {
        counters.map { ($0, self[$0]) } + counts.filter { $0.count > 0 && !counters.contains($0.counter) }
    }

    mutating func count(_ operation: AWSOperation) {
        guard let counter = operation.counter else { return }
        if let index = counts.firstIndex(where: { $0.counter == counter }) {
            counts[index].count += 1
        } else {
            counts.append((counter, 1))
        }
    }

    /// To zero; keeps its memory.
    mutating func reset() { for index in counts.indices { counts[index].count = 0 } }

    package static func == (left: RequestCounts, right: RequestCounts) -> Bool {
        left.total == right.total && left.counts.allSatisfy { right[$0.counter] == $0.count }
    }
}
