import Environment

/// Which crawler is started, and when.
package struct CrawlerConfiguration: Equatable, Sendable {
    package var name: String
    package var trigger: Trigger

    package enum Trigger: Equatable, Sendable {
        /// When a batch put the first objects into a folder. Athena finds new objects in a known folder by itself.
        case newPartition
        /// After every batch that wrote an object. A crawl is billed for ten minutes at least.
        case everyBatch
        /// When a batch wrote an object and this sandbox's last start is this many seconds ago.
        case interval(seconds: Int)
    }

    /// - Parameter isChosen: whether there is a crawler; what is set is checked in any case.
    /// - Returns: `nil` where there is none: no crawler is ever called.
    init?(_ environment: Environment, isChosen: Bool) throws(ConfigurationError) {
        let trigger = try Self.trigger(environment)
        guard isChosen, let name = environment["CRAWLER_NAME"] else { return nil }
        self.name = name
        self.trigger = trigger
    }

    private static func trigger(_ environment: Environment) throws(ConfigurationError) -> Trigger {
        let text = environment["CRAWLER_TRIGGER"] ?? "new-partition"
        switch text {
        case "new-partition": return .newPartition
        case "every-batch": return .everyBatch
        default:
            // At most some thirty years: what is reckoned in milliseconds stays within 64 bits.
            guard text.hasPrefix("interval:"), let seconds = Int(text.dropFirst("interval:".count)),
                (1...1_000_000_000).contains(seconds)
            else {
                throw ConfigurationError(
                    "CRAWLER_TRIGGER", "is '\(text)'; expected new-partition, every-batch or interval:SECONDS")
            }
            return .interval(seconds: seconds)
        }
    }
}
