import Foundation
import TestParts
import Testing

/// Buckets whose policies deny what does not come as they ask.
@Suite struct `A bucket that asks for something` {
    private static let variables = [
        "SERVER_SIDE_ENCRYPTION": "aws:kms", "KMS_KEY_ID": "alias/rows", "BUCKET_KEY_ENABLED": "true",
        "EXPECTED_BUCKET_OWNER": "123456789012", "STORAGE_CLASS": "STANDARD_IA", "OBJECT_TAGS": "team=data",
    ]
    private static let headers = [
        "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "alias/rows",
        "x-amz-server-side-encryption-bucket-key-enabled": "true", "x-amz-storage-class": "STANDARD_IA",
        "x-amz-tagging": "team=data",
    ]

    /// Refuses each PUT, and every other request, that lacks what is asked for or has it unsigned.
    private func strict() throws -> ScriptedStore {
        try ScriptedStore { request in
            let owner = ["x-amz-expected-bucket-owner": "123456789012"]
            let wanted = request.method == "PUT" ? Self.headers.merging(owner) { $1 } : owner
            let signed =
                request.headers["Authorization"]?.split(separator: ",")[1].split(separator: "=").last?.split(
                    separator: ";") ?? []
            let isGood = wanted.allSatisfy { name, value in
                request.headers[name] == value && signed.contains { $0 == name }
            }
            return isGood
                ? nil : .respond(403, body: "<Error><Code>AccessDenied</Code><Message>by policy</Message></Error>")
        }
    }

    @Test
    func `gets it with every object, quarantined records and the crawler's signs included, and with every question`()
        throws
    {
        let store = try strict()
        let glue = try ScriptedServer { _ in .respond(200, body: "{}") }
        let crawler = ["CRAWLER_NAME": "crawler", "AWS_ENDPOINT_URL_GLUE": glue.url]
        let sandbox = try Sandbox(store, Self.variables.merging(crawler) { $1 })
        let event = try Event.msk([Record(7), Record(8, value: "no JSON")])
        #expect(try !sandbox.invoke(event).isError)
        // Once more by another sandbox, which has to read what is there.
        #expect(try !Sandbox(store, Self.variables).invoke(event).isError)
        #expect(store.keys.count == 2 && store.crawledFolders.count == 1)
        #expect(Set(store.requests.map(\.method)).isSuperset(of: ["PUT", "HEAD", "GET"]))
    }

    @Test func `refuses the batch of a function that does not know, which says what to look at`() throws {
        let reply = try Sandbox(strict(), ["EXPECTED_BUCKET_OWNER": "999999999999"]).invoke(Event.msk(0...1))
        #expect(reply.errorType == "Function.RecordsNotStored")
        #expect(
            reply.errorMessage.contains("account 999999999999 (EXPECTED_BUCKET_OWNER)"), "\(reply.errorMessage)")
    }
}
