import Foundation
import TestParts
import Testing

@testable import LambdaRuntime

struct Chosen: ReportableError {
    var errorType = "Function.BucketMissing"
    var errorMessage = "no bucket \"b\"\nü"
}

enum PlainError: Error, CustomStringConvertible {
    case some
    var description: String { "what happened" }
}

@Suite struct `An error is reported` {
    @Test func `with body, type and cause in the documented shape, and the loop goes on`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("a"), .event("b")])
        try serve(server) { _, context, response in
            response.append("half an answer")
            throw context.requestID == "a" ? Chosen() as any Error : PlainError.some
        }
        #expect(server.replies.map(\.target) == ["a", "b"].map { "/2018-06-01/runtime/invocation/\($0)/error" })
        let expected = [("Function.BucketMissing", "no bucket \"b\"\nü"), ("Function.PlainError", "what happened")]
        for (request, (type, message)) in zip(server.replies, expected) {
            #expect(request.object == ["errorType": type, "errorMessage": message, "stackTrace": []])
            #expect(request.headers["Content-Type"] == "application/json")
            #expect(request.headers["Lambda-Runtime-Function-Error-Type"] == type)
            let cause = try #require(request.headers["Lambda-Runtime-Function-XRay-Error-Cause"])
            let object = try JSONSerialization.jsonObject(with: Data(cause.utf8)) as? NSDictionary
            #expect(
                object == [
                    "working_directory": FileManager.default.currentDirectoryPath,
                    "exceptions": [["type": type, "message": message, "stack": []] as NSDictionary],
                    "paths": [],
                ])
        }
    }

    @Test func `and stands in the log with the request it belongs to`() throws {
        let server = try ScriptedServer.runtimeAPI([.event("a")])
        let log = try serve(server) { _, _, _ in throw Chosen() }.log
        let line = try #require(log.first { $0["level"] as? String == "ERROR" })
        #expect(line["requestId"] as? String == "a")
        #expect(line["errorType"] as? String == "Function.BucketMissing")
        #expect(line["errorMessage"] as? String == "no bucket \"b\"\nü")
        #expect(line["stackTrace"] as? [String] == [])
    }

    @Test(arguments: [0x78, 0xfc, 0x1f600, 0x0a, 0])
    func `whose message is huge by a cut one, in a header of plain ASCII`(_ codePoint: UInt32) throws {
        let character = String(Character(try #require(Unicode.Scalar(codePoint))))
        let message = String(repeating: character, count: 2_000_000)
        let server = try ScriptedServer.runtimeAPI([.event("a"), .event("b")])
        try serve(server) { _, context, _ in if context.requestID == "a" { throw Chosen(errorMessage: message) } }
        #expect(server.replies.map(\.isError) == [true, false])
        let cut = try #require(server.replies[0].object?["errorMessage"] as? String)
        #expect(cut.hasPrefix(character + character) && cut.hasSuffix("(cut)") && cut.utf8.count <= 64 * 1024)
        #expect(!cut.unicodeScalars.contains("\u{FFFD}"))
        let cause = try #require(server.replies[0].headers["Lambda-Runtime-Function-XRay-Error-Cause"])
        #expect(cause.utf8.count < 32 * 1024)
        #expect(cause.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
        #expect(try JSONSerialization.jsonObject(with: Data(cause.utf8)) is NSDictionary)
    }

    @Test(arguments: [
        ("Function.Good", "Function.Good"), ("Runtime.ExitError", "Runtime.ExitError"),
        ("Function.lower", "Function.Lower"), ("Function.With_Digits9", "Function.WithDigits"),
        ("NoPrefix", "Function.NoPrefix"), ("AWS.S3.NoSuchBucket", "Function.AWSSNoSuchBucket"),
        ("Function.A.B", "Function.AB"), ("Function.X", "Function.Unknown"), ("Function.", "Function.Unknown"),
        ("", "Function.Unknown"), ("Fünction.Größe", "Function.FnctionGre"),
        ("Function.X\r\nEvil: yes", "Function.XEvilyes"),
        ("Functional.Error", "Function.FunctionalError"),
    ])
    func `by a type in the one form that the service keeps`(_ given: String, _ expected: String) throws {
        #expect(ErrorType.valid(given) == expected)
        #expect(try /(Runtime|Function)\.[A-Z][a-zA-Z]+/.wholeMatch(in: expected) != nil)
    }

    @Test func `at the start of the function too`() throws {
        let server = try ScriptedServer.runtimeAPI([])
        let log = LogSink()
        let runtime = try LambdaRuntime(
            environment: .init(["AWS_LAMBDA_RUNTIME_API": server.authority]),
            logger: log.logger(LogConfiguration(format: .json)))
        runtime.failInit(Chosen())
        #expect(server.requests.map(\.target) == ["/2018-06-01/runtime/init/error"])
        #expect(server.replies[0].object?["errorType"] as? String == "Function.BucketMissing")
        #expect(server.replies[0].headers["Lambda-Runtime-Function-Error-Type"] == "Function.BucketMissing")
        #expect(log.objects.map { $0["level"] as? String } == ["FATAL"])
    }
}
