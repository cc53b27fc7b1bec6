import Foundation
import TestParts
import Testing

extension Sandbox {
    convenience init(_ bucket: Bucket, _ more: [String: String] = [:], user: String = "role") throws {
        try self.init(bucket.variables(more, user: user))
    }

    convenience init(
        _ store: ScriptedStore, _ more: [String: String] = [:], api script: @escaping Script = { _ in nil }
    ) throws {
        try self.init(store.variables(more), store: store, api: script)
    }

    /// The line of summary of an invocation.
    func summary(of reply: Reply) throws -> NSDictionary {
        let line = try process.line(
            containing: "\"message\":\"batch\",\"logger\":\"bootstrap\",\"requestId\":\"\(reply.id)\"")
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
    }

    /// What became of the crawler, by the line of summary.
    func crawler(_ reply: Reply) throws -> String? { try summary(of: reply)["crawler"] as? String }
}
