/// How many requests an invocation made, by what they are billed as.
public struct RequestCounts: Sendable, Equatable {
    public private(set) var put = 0
    public private(set) var list = 0
    public private(set) var head = 0
    public private(set) var get = 0
    public private(set) var startCrawler = 0

    public init() {}

    init(put: Int = 0, list: Int = 0, head: Int = 0, get: Int = 0, startCrawler: Int = 0) {
        self.put = put
        self.list = list
        self.head = head
        self.get = get
        self.startCrawler = startCrawler
    }

    public var total: Int { put + list + head + get + startCrawler }

    mutating func count(_ operation: AWSOperation) {
        switch operation {
        case .putObject: put += 1
        case .listObjects: list += 1
        case .headObject: head += 1
        case .getObject: get += 1
        case .startCrawler: startCrawler += 1
        // Neither is paid for.
        case .deleteObject, .getCredentials: break
        }
    }
}
