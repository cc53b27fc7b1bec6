import Bytes
import TestParts
import Testing

@testable import AWSCore
@testable import AWSS3

@Suite struct `A page of a list` {
    private func page(
        _ xml: String, prefix: String = "t/", startAfter: String? = nil, maxKeys: Int = 1000
    ) throws(UnreadableList) -> ListObjects.Page {
        try ObjectList.page(
            buffer(xml), ListObjects(bucket: "b", prefix: prefix, startAfter: startAfter, maxKeys: maxKeys))
    }

    private static func list(_ keys: [String], _ more: String = "") -> String {
        "<ListBucketResult>\(more)\(keys.map { "<Contents><Key>\($0)</Key></Contents>" }.joined())</ListBucketResult>"
    }

    static let whole = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- with all that S3 writes -->
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>t%2F</Prefix>\
        <Delimiter/><IsTruncated>true</IsTruncated><Contents><Key>t/a%2Bb+c%C3%BC%25</Key>\
        <ETag>&quot;x&quot;</ETag></Contents>\
        <Contents><Owner><ID>1</ID></Owner><Key>t/d</Key></Contents><EncodingType>url</EncodingType></ListBucketResult>

        """

    @Test func `has its keys decoded where the answer says that they are encoded`() throws {
        #expect(try page(Self.whole) == ListObjects.Page(keys: ["t/a+b cü%", "t/d"], isTruncated: true))
        let plain = Self.whole.replacing("<EncodingType>url</EncodingType>", with: "")
            .replacing("%C3%BC", with: "&amp;ü").replacing("%2B", with: "%2C")
        #expect(try page(plain).keys == ["t/a%2Cb+c&ü%25", "t/d"])
        #expect(try page("<ListBucketResult></ListBucketResult>") == ListObjects.Page(keys: [], isTruncated: false))
    }

    @Test func `is read whole or not at all`() throws {
        let bytes = Array(Self.whole.utf8)
        for length in 0..<(bytes.count - 2) {
            #expect(throws: UnreadableList.incomplete) { try page(String(decoding: bytes[..<length], as: UTF8.self)) }
        }
        for part in [
            "<Contents>", "<Contents></Contents>", "<Contents><Key>t/x</Contents>", "text", "<>", "</Contents>",
        ] {
            #expect(throws: UnreadableList.incomplete, "\(part)") {
                try page("<ListBucketResult><Name>b</Name>\(part)</ListBucketResult>")
            }
        }
        for other in ["<ListBucketResults></ListBucketResults>", "<html></html>", "<ListBucketResult/>", "{}"] {
            #expect(throws: UnreadableList.incomplete, "\(other)") { try page(other) }
        }
    }

    @Test func `holds keys that begin with the prefix asked for, byte by byte`() throws {
        #expect(throws: UnreadableList.foreignKey) { try page(Self.list(["s/a"])) }
        #expect(throws: UnreadableList.foreignKey) { try page(Self.list(["t/a", "u"])) }
        #expect(throws: UnreadableList.foreignKey) { try page(Self.list(["t"])) }
        // The same character for Unicode, and another key for S3.
        #expect(throws: UnreadableList.foreignKey) { try page(Self.list(["e\u{301}/a"]), prefix: "\u{e9}/") }
        // Encoded, and not said so.
        #expect(throws: UnreadableList.foreignKey) { try page(Self.list(["t/dt%3D2026/a"]), prefix: "t/dt=2026/") }
        #expect(throws: UnreadableList.silentlyEncoded) { try page(Self.list(["t/t%2B3%2B00"])) }
    }

    @Test func `begins after the key that it is to start after`() throws {
        #expect(try page(Self.list(["t/b+"]), startAfter: "t/b").keys == ["t/b+"])
        for first in ["t/a", "t/b"] {
            #expect(throws: UnreadableList.notAfterStart) { try page(Self.list([first, "t/c"]), startAfter: "t/b") }
        }
    }

    @Test func `rises in the order of bytes`() throws {
        let keys = ["t/Z", "t/a", "t/a+1", "t/a1", "t/\u{ff5e}", "t/\u{1f600}"]
        #expect(try page(Self.list(keys)).keys == keys)
        for (index, key) in keys.enumerated().dropFirst() {
            #expect(throws: UnreadableList.unordered) { try page(Self.list([key, keys[index - 1]])) }
            #expect(throws: UnreadableList.unordered) { try page(Self.list([key, key])) }
        }
    }

    @Test func `holds no more keys than were asked for, and some where it is truncated`() throws {
        let two = Self.list(["t/a", "t/b"], "<IsTruncated>true</IsTruncated>")
        #expect(try page(two, maxKeys: 2).keys.count == 2)
        #expect(throws: UnreadableList.tooMany(asked: 1)) { try page(two, maxKeys: 1) }
        #expect(throws: UnreadableList.truncatedToNothing) {
            try page(Self.list([], "<IsTruncated>true</IsTruncated>"))
        }
    }

    @Test func `that cannot be read is asked for again, and then a failure that says why`() throws {
        let encoded = Self.list(["t/dt%3D1/a"])
        let right = Self.list(["t/dt%3D1/a"], "<EncodingType>url</EncodingType>")
        let server = try ScriptedServer { .respond(200, body: $0.number == 1 ? encoded : right) }
        #expect(try Caller(server.url).list("t/dt=1/") == .success(["t/dt=1/a"]))
        let stubborn = try ScriptedServer { _ in .respond(200, body: encoded) }
        let failure = try Caller(stubborn.url).list("t/dt=1/").failure
        #expect(failure?.code == "UnreadableAnswer" && failure?.attempts == 4)
        #expect(failure?.message.contains("EncodingType") == true)
        #expect(try Caller(server.url).list("t/dt=1/", startAfter: "t/dt=1/a").failure?.code == "UnreadableAnswer")
        #expect(try Caller(server.url).list("t/dt=1/", maxKeys: 0).failure?.code == "UnreadableAnswer")
    }
}
