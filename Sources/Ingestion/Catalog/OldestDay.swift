/// Looks for the oldest folder of a topic: a table that is new, or new to this function, may be over objects that are
/// not.
struct OldestDay {
    /// The first key in the order of its bytes that begins with the prefix and comes after `start`.
    typealias FirstKey = (
        _ prefix: String, _ start: String, _ completion: @escaping (Result<String?, StoreFailure>) -> Void
    ) -> Void

    private let firstKey: FirstKey

    init(_ firstKey: @escaping FirstKey) { self.firstKey = firstKey }

    init(_ store: any ObjectStore) {
        firstKey = { prefix, start, completion in
            store.keys(with: prefix, after: start, limit: 1) { completion($0.map(\.keys.first)) }
        }
    }

    /// Of the days that a table's range may begin with; folders by day sort as the days do.
    /// - Parameter folder: the topic's, with a `/` at its end.
    func find(
        in folder: String, _ column: String, completion: @escaping (Result<Day?, StoreFailure>) -> Void
    ) {
        let prefix = "\(folder)\(column)="
        firstKey(prefix, prefix + ProjectedDays.oldest.text) { found in
            completion(found.map { $0.flatMap { Day($0.dropFirst(prefix.count).prefix { $0 != "/" }) } })
        }
    }
}
