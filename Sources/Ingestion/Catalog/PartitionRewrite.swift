import AWSGlue

/// Gives all registered partitions of a table the table's columns, page by page, where they differ in what both have:
/// readers of partitions take each one's own types. A partition that lacks the last columns is left as it is.
///
/// A page costs a request, and another one where something in it differs: a year of hours is 88 pages. The pages are
/// read one after the other, within the invocation's time; whoever comes later begins again, and finds what is done.
final class PartitionRewrite {
    private let service: any TableService
    private let table: String
    private let columns: [GlueColumn]
    private var completion: (Result<Void, StoreFailure>) -> Void = { _ in }

    init(_ service: any TableService, _ table: String, _ columns: [GlueColumn]) {
        self.service = service
        self.table = table
        self.columns = columns
    }

    func start(_ completion: @escaping (Result<Void, StoreFailure>) -> Void) {
        self.completion = completion
        readPage(nil)
    }

    private func readPage(_ token: String?) {
        service.partitions(of: table, page: token) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let page): replace(page)
            }
        }
    }

    private func replace(_ page: GetPartitions.Page) {
        let others = page.partitions.filter { Self.differs($0.storage.columns, columns) }.map { partition in
            var partition = partition
            partition.storage.columns = columns
            return partition
        }
        guard !others.isEmpty else { return next(page) }
        service.replace(others, in: table) { [self] result in
            if case .failure(let failure) = result { return completion(.failure(failure)) }
            next(page)
        }
    }

    private func next(_ page: GetPartitions.Page) {
        if let token = page.nextToken { readPage(token) } else { completion(.success(())) }
    }

    /// Whether a partition's columns are not those that a table begins with.
    static func differs(_ own: [GlueColumn], _ columns: [GlueColumn]) -> Bool {
        own.count > columns.count || zip(own, columns).contains { $0.name != $1.name || $0.type != $1.type }
    }
}
