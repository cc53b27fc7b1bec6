import Environment

/// Who tells Athena what is in the bucket.
package enum CatalogChoice: String, Sendable, CaseIterable {
    /// A Glue crawler, which the function starts.
    case crawler
    /// The function itself: it keeps a table for each topic.
    case glue
    /// Nobody.
    case none

    /// A crawler's name alone chooses the crawler.
    static func chosen(_ environment: Environment) throws(ConfigurationError) -> CatalogChoice {
        let hasCrawler = environment["CRAWLER_NAME"] != nil
        let choice: CatalogChoice = try environment.choice("CATALOG") ?? (hasCrawler ? .crawler : .none)
        guard choice != .crawler || hasCrawler else {
            throw ConfigurationError(
                "CRAWLER_NAME", "is not set, but CATALOG is 'crawler'; set it to the crawler that the function starts")
        }
        return choice
    }
}
