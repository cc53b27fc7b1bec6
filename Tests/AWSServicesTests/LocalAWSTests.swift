import AWSGlue
import Foundation
import Testing
import TestParts
import UTC

@testable import AWSCore

/// Against a local AWS that checks every signature and enforces policies. See `TestParts`.
@Suite struct `A local AWS` {
    func caller(_ user: String = "admin", _ more: [String: String] = [:]) throws -> Caller {
        try Caller(LocalAWS.endpoint, environment: LocalAWS.credentials(user).merging(more) { $1 })
    }

    static let awkwardKeys = [
        "plain.json", "dt=2026-11-23/hour=06/t+0+00000000000000000007.json.gz", "a+b:c@d,e(f)g%h'i~j!k*l",
        "two  spaces and more ", "äöü €漢字😀", "%41%2F", "a//b/./c/../d", "/leading", "q?x=1&y=2#f", "\"<>\\^`{|}[];$",
    ]

    @Test(arguments: awkwardKeys) func `an object of any key is written, found and read`(key: String) throws {
        let caller = try caller()
        let key = "any/\(key)"
        let metadata = [("topic", "börse 1+2"), ("first-offset", "7")]
        #expect(caller.put(key, "{\"a\":1}\n", metadata: metadata) == .success(.created))
        let found = caller.head(key).value ?? []
        #expect(Dictionary(uniqueKeysWithValues: found) == Dictionary(uniqueKeysWithValues: metadata))
        #expect(caller.list(key).value == [key])
        #expect(caller.put(key, "other") == .success(.alreadyExists))
    }

    @Test func `a list starts after a key and ends at its limit`() throws {
        let caller = try caller()
        for index in 0..<5 { #expect(caller.put("list/\(index)") == .success(.created)) }
        #expect(caller.list("list/", startAfter: "list/1", maxKeys: 2) == .success(["list/2", "list/3"]))
        #expect(caller.list("list/9") == .success([]))
        #expect(caller.head("list/9").failure?.kind == .notFound)
    }

    @Test func `a role's credentials need their session token`() throws {
        #expect(try caller("role").put("role/1") == .success(.created))
        #expect(try caller("role", ["AWS_SESSION_TOKEN": "wrong"]).put("role/2").failure?.kind == .credentials)
    }

    @Test func `a wrong secret is refused`() throws {
        let failure = try caller("admin", ["AWS_SECRET_ACCESS_KEY": "wrong"]).put("wrong").failure
        #expect(failure?.kind == .credentials && failure?.code == "SignatureDoesNotMatch" && failure?.attempts == 1)
        let unknown = try caller("admin", ["AWS_ACCESS_KEY_ID": "AKIANOBODY"]).put("wrong").failure
        #expect(unknown?.kind == .credentials && unknown?.code == "InvalidAccessKeyId")
    }

    @Test func `a policy's denial names the missing permission`() throws {
        let caller = try caller("lister")
        #expect(caller.list("nothing/") == .success([]))
        let put = caller.put("denied").failure
        #expect(put?.kind == .denied && put?.code == "AccessDenied")
        #expect(put?.resource == "s3://ingestion/denied")
        let head = caller.head("denied").failure
        #expect(head?.kind == .denied)
        let crawler = caller.startCrawler("crawler").failure
        #expect(crawler?.kind == .denied)
    }

    @Test func `a bucket that does not exist is named`() throws {
        let caller = try caller()
        let failure = caller.put("k", bucket: "absent").failure
        #expect(failure?.kind == .notFound && failure?.code == "NoSuchBucket")
        #expect(caller.list("", bucket: "absent").failure?.code == "NoSuchBucket")
    }

    @Test func `a crawler is absent, started, running`() throws {
        let caller = try caller()
        #expect(caller.startCrawler("absent").failure?.kind == .notFound)
        #expect(caller.startCrawler("crawler") == .success(.started))
        #expect(caller.startCrawler("crawler") == .success(.alreadyRunning))
        #expect(caller.client.requestCounts == [.startCrawler: 3])
    }
}
