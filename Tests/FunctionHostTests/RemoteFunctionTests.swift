import Environment
import Foundation
import Synchronization
import TestParts
import Testing

@testable import FunctionHost

@Suite struct RemoteFunctionTests {
    static let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-central-1"]

    private func invoke(
        _ server: ScriptedServer, _ values: [String: String] = keys,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Invocation {
        try RemoteFunction(name: "prices", endpoint: server.url, environment: Environment(values), log: log)
            .invoke(Array("{}".utf8))
    }

    private func reason(_ invocation: Invocation) -> String {
        if case .unavailable(let reason) = invocation.outcome { reason } else { "" }
    }

    private func errorType(_ invocation: Invocation) -> String? {
        if case .functionError(let type, _, _) = invocation.outcome { type } else { nil }
    }

    @Test func `is invoked by Lambda's Invoke, signed, and its log's end is shown`() throws {
        let tail = Data("one\ntwo\n".utf8).base64EncodedString()
        let server = try ScriptedServer { _ in
            .respond(200, headers: [("x-amzn-RequestId", "R1"), ("X-Amz-Log-Result", tail)], body: "{\"done\":1}")
        }
        let lines = Mutex<[String]>([])
        let invocation = try invoke(server) { line in lines.withLock { $0.append(line) } }
        guard case .success(let response) = invocation.outcome else { throw Failed(outcome: "\(invocation.outcome)") }
        #expect(invocation.requestID == "R1" && response == Array("{\"done\":1}".utf8))
        #expect(lines.withLock { $0 } == ["one", "two"])
        let request = try server.request(1)
        #expect(request.method == "POST" && request.target == "/2015-03-31/functions/prices/invocations")
        #expect(request.text == "{}" && request.headers["X-Amz-Log-Type"] == "Tail")
        #expect(request.headers["Authorization"]?.contains("/eu-central-1/lambda/aws4_request") == true)
    }

    private struct Failed: Error { var outcome: String }

    @Test func `is invoked unsigned at an endpoint where there are no credentials`() throws {
        let server = try ScriptedServer { _ in .respond(200, body: "{}") }
        #expect(reason(try invoke(server, [:])).isEmpty)
        #expect(try server.request(1).headers["Authorization"] == nil)
    }

    @Test func `has failed by Lambda's header, and by the emulator's document`() throws {
        let document = #"{"errorType":"Function.Refused","errorMessage":"no"}"#
        for (status, headers) in [(200, [("X-Amz-Function-Error", "Unhandled")]), (200, []), (502, [])] {
            let server = try ScriptedServer { _ in .respond(status, headers: headers, body: document) }
            #expect(errorType(try invoke(server)) == "Function.Refused")
        }
        let silent = try ScriptedServer { _ in .respond(200, headers: [("X-Amz-Function-Error", "Unhandled")]) }
        #expect(errorType(try invoke(silent)) == "Unhandled")
    }

    @Test func `that could not be reached is asked once, and the reason says what to do`() throws {
        let denied = try ScriptedServer { _ in
            .respond(403, body: #"{"__type":"AccessDeniedException","Message":"not authorized"}"#)
        }
        let text = reason(try invoke(denied))
        #expect(
            text.hasPrefix(
                "Invoke function prices: AccessDeniedException (HTTP 403): not authorized. Allow the identity"))
        #expect(text.hasSuffix("lambda:InvokeFunction on arn:aws:lambda:eu-central-1:ACCOUNT:function:prices"))
        let busy = try ScriptedServer { _ in .respond(503) }
        #expect(reason(try invoke(busy)).contains("ServiceUnavailable"))
        #expect(busy.requests.count == 1)
        let port = try TestParts.freePort()
        let absent = try RemoteFunction(
            name: "prices", endpoint: "http://127.0.0.1:\(port)", environment: Environment(Self.keys), log: { _ in })
        #expect(reason(absent.invoke([])).hasSuffix("Check --endpoint-url"))
    }

    @Test(arguments: [
        ("localhost:8080", Self.keys, "--endpoint-url is not a valid URL"), (nil, [:], "AWS_REGION is not set"),
    ])
    func `is refused where its address is unknown`(endpoint: String?, values: [String: String], problem: String) {
        let error = #expect(throws: SandboxError.self) {
            try RemoteFunction(name: "f", endpoint: endpoint, environment: Environment(values), log: { _ in })
        }
        #expect(error?.description.hasPrefix(problem) == true)
    }
}
