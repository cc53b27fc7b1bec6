import AWSGlue
import AWSSigning
import Testing
import TestParts

@testable import AWSCore
@testable import AWSS3

@Suite struct `Calls start` {
    private func call(_ operation: AWSOperation, _ key: String = "") -> Call {
        Call(
            operation, isSecure: false, AWSMessage(RequestToSign("GET", host: "h", path: "/")),
            complete: { _ in .refused }, fail: { _ in }, resource: { _ in AWSResource(key, arn: "") })
    }

    private func popped(_ queue: inout CallQueue, at now: Int64 = 0) -> [String] {
        var order: [String] = []
        while let call = queue.popDue(now) { order.append("\(call.operation) \(call.resource("").description)") }
        return order
    }

    @Test func `with what writes before what looks, and in turn within a priority`() {
        var queue = CallQueue()
        let operations: [AWSOperation] = [.getObject, .headObject, .listObjects, .putObject, .startCrawler]
        for key in ["1", "2"] { for operation in operations { queue.append(call(operation, key)) } }
        #expect(
            popped(&queue) == [
                "PutObject 1", "PutObject 2", "ListObjectsV2 1", "StartCrawler 1", "ListObjectsV2 2", "StartCrawler 2",
                "HeadObject 1", "HeadObject 2", "GetObject 1", "GetObject 2",
            ])
        #expect(queue.isEmpty && queue.nextDue == nil)
    }

    @Test func `with one that comes later with a higher priority before those that are still there`() {
        var queue = CallQueue()
        for key in ["1", "2", "3"] { queue.append(call(.headObject, key)) }
        #expect(queue.popDue(0)?.resource("").description == "1")
        queue.append(call(.putObject))
        queue.append(call(.headObject, "4"))
        #expect(queue.nextDue == 0)
        #expect(popped(&queue) == ["PutObject ", "HeadObject 2", "HeadObject 3", "HeadObject 4"])
    }

    @Test func `once more when they are due, each by its priority, and hold up no other before`() {
        var queue = CallQueue()
        queue.append(call(.putObject, "late"), due: 30)
        queue.append(call(.headObject, "again"), due: 10)
        queue.append(call(.getObject, "again"), due: 20)
        #expect(!queue.isEmpty && queue.nextDue == 10)
        queue.append(call(.getObject, "new"))
        #expect(queue.nextDue == 0)
        #expect(popped(&queue, at: 20) == ["HeadObject again", "GetObject new", "GetObject again"])
        #expect(queue.nextDue == 30 && popped(&queue, at: 29) == [])
        #expect(popped(&queue, at: 30) == ["PutObject late"])
        #expect(queue.isEmpty)
    }

    @Test func `over the wire in that order`() throws {
        let server = try ScriptedServer { request in
            request.target.contains("?") ? .respond(200, body: "<ListBucketResult></ListBucketResult>") : .respond(200)
        }
        let caller = try Caller(server.url, concurrency: 1)
        caller.client.submit(GetObject(bucket: "b", key: "k")) { _ in }
        caller.client.submit(HeadObject(bucket: "b", key: "k")) { _ in
            // Goes before the GET that has been waiting.
            caller.client.submit(PutObject.small("late")) { _ in }
        }
        caller.client.submit(ListObjects(bucket: "b", prefix: "p")) { _ in }
        caller.client.submit(PutObject.small("k")) { _ in }
        caller.client.run()
        #expect(
            server.requests.map { $0.target.contains("?") ? "LIST" : $0.method } == [
                "PUT", "LIST", "HEAD", "PUT", "GET",
            ])
    }
}
