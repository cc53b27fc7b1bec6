import Foundation
import TestParts
import Testing

/// Credentials and policies, against a local AWS that checks both.
@Suite struct `Credentials and policies` {
    @Test func `a role's session may write, and not without its token`() throws {
        let bucket = try Bucket()
        let event = try Event.msk(0...2)
        let reply = try Sandbox(bucket, ["AWS_SESSION_TOKEN": ""]).invoke(event)
        #expect(reply.isError && reply.errorMessage.contains("AWS_SESSION_TOKEN"), "\(reply.text)")
        #expect(try bucket.keys() == [])
        #expect(try !Sandbox(bucket).invoke(event).isError)
        try bucket.expect([event])
    }

    @Test func `a wrong secret is refused, and the error says which variables to check`() throws {
        let bucket = try Bucket()
        let reply = try Sandbox(bucket, ["AWS_SECRET_ACCESS_KEY": "wrong"]).invoke(Event.msk(0...2))
        #expect(reply.isError && reply.errorMessage.contains("AWS_SECRET_ACCESS_KEY"), "\(reply.text)")
        #expect(try bucket.keys() == [])
    }

    @Test(arguments: [("noPut", "s3:PutObject"), ("noList", "s3:ListBucket")])
    func `a missing permission is named with its resource`(_ user: String, _ permission: String) throws {
        let bucket = try Bucket()
        let reply = try Sandbox(bucket, user: user).invoke(Event.msk(0...2))
        #expect(reply.errorType == "Function.RecordsNotStored")
        #expect(reply.errorMessage.contains("\(permission) on arn:aws:s3:::\(bucket.name)"), "\(reply.errorMessage)")
        #expect(try bucket.keys() == [])
    }

    @Test func `a crawler that may not be started does not fail the batch`() throws {
        let bucket = try Bucket()
        let sandbox = try Sandbox(bucket, ["CRAWLER_NAME": bucket.name], user: "noGlue")
        let event = try Event.msk(0...2)
        let reply = try sandbox.invoke(event)
        #expect(try !reply.isError && sandbox.crawler(reply) == "failed")
        let line = try sandbox.process.line(containing: "\"level\":\"WARN\"")
        #expect(line.contains("glue:StartCrawler on arn:aws:glue:us-east-1:ACCOUNT:crawler/\(bucket.name)"), "\(line)")
        try bucket.expect([event])
    }

    @Test func `a bucket that does not exist is named`() throws {
        let reply = try Sandbox(Bucket(), ["INGESTION_BUCKET": "absent-bucket"]).invoke(Event.msk(0...2))
        #expect(reply.isError && reply.errorMessage.contains("NoSuchBucket"))
        #expect(reply.errorMessage.contains("absent-bucket") && reply.errorMessage.contains("INGESTION_BUCKET"))
    }
}
