import Foundation
import TestParts

/// S3 in a few lines, for faults that no real part can be made to show: it keeps objects, never overwrites one, hands
/// them and their metadata out and lists them, unless `fault` answers in its stead.
///
/// `@unchecked`: everything that changes is guarded by `lock`.
final class ScriptedStore: @unchecked Sendable {
    typealias Request = ScriptedServer.Request
    typealias Action = ScriptedServer.Action

    private let lock = NSLock()
    private var kept: [String: (metadata: [(String, String)], request: Request)] = [:]
    private var server: ScriptedServer?

    /// - Parameter losesAnswer: whether the request is carried out and its answer lost.
    init(
        _ fault: @escaping @Sendable (Request) -> Action? = { _ in nil },
        losesAnswer: @escaping @Sendable (Request) -> Bool
    ) throws {
        server = try ScriptedServer { [weak self] request in
            let answer = fault(request) ?? self?.answer(request) ?? .close
            return losesAnswer(request) ? .reset : answer
        }
    }

    convenience init(_ fault: @escaping @Sendable (Request) -> Action? = { _ in nil }) throws {
        try self.init(fault, losesAnswer: { _ in false })
    }

    var requests: [Request] { server?.requests ?? [] }

    /// Waits for a request that `matches`.
    @discardableResult
    func request(where matches: (Request) -> Bool) throws -> Request? { try server?.request(where: matches) }

    var puts: [Request] { requests.filter { $0.method == "PUT" } }
    /// Of objects; the signs that a crawl was started are none.
    var keys: [String] { lock.withLock { kept.keys.filter { !$0.hasSuffix("/.crawled") }.sorted() } }
    var crawledFolders: [String] {
        lock.withLock { kept.keys.filter { $0.hasSuffix("/.crawled") }.map { String($0.dropLast(8)) }.sorted() }
    }

    /// The function's variables for this store.
    func variables(_ more: [String: String] = [:]) -> [String: String] {
        ["INGESTION_BUCKET": "ingestion", "AWS_ENDPOINT_URL_S3": server?.url ?? ""].merging(more) { $1 }
    }

    private func answer(_ request: Request) -> Action {
        let address = URLComponents(string: request.target)
        let key = String(address?.path.dropFirst("/ingestion/".count) ?? "")
        return lock.withLock {
            switch request.method {
            case "PUT":
                guard kept[key] == nil else {
                    return .respond(412, body: "<Error><Code>PreconditionFailed</Code></Error>")
                }
                kept[key] = (request.headers.headers.filter { $0.name.lowercased().hasPrefix("x-amz-meta-") }, request)
                return .respond(200)
            case "HEAD": return kept[key].map { .respond(200, headers: $0.metadata) } ?? .respond(404)
            case "GET" where !key.isEmpty:
                return kept[key].map { .respond(200, body: $0.request.body) } ?? .respond(404)
            default: return list(address?.queryItems ?? [])
            }
        }
    }

    private func list(_ query: [URLQueryItem]) -> Action {
        func value(_ name: String) -> String { query.first { $0.name == name }?.value ?? "" }
        let found = kept.keys.filter { $0.hasPrefix(value("prefix")) && $0 > value("start-after") }.sorted()
        let page = found.prefix(Int(value("max-keys")) ?? 1000).map { key in
            "<Contents><Key>\(key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")</Key></Contents>"
        }
        return .respond(
            200,
            body: "<ListBucketResult><IsTruncated>\(found.count > page.count)</IsTruncated>"
                + "<EncodingType>url</EncodingType>\(page.joined())</ListBucketResult>")
    }
}
