import Foundation
import FunctionHost
import Synchronization
import TestParts
import Testing

@Suite struct LocalFunctionTests {
    private final class Log: Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    private let log = Log()

    private func function(
        _ name: String = "function.py", timeout: Int = 20, freezes: Bool = false, variables: [String: String] = [:]
    ) -> LocalFunction {
        let path = TestParts.file(name).path
        let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"].merging(variables) { $1 }
        return LocalFunction(
            FunctionSettings(
                executable: path, name: "prices", timeout: timeout, memorySize: 512, freezes: freezes,
                environment: environment, log: log.add))
    }

    private func invoke(_ function: LocalFunction, _ what: String) -> Invocation {
        function.invoke(Array(#"{"do":"\#(what)"}"#.utf8))
    }

    private struct Answer: Decodable {
        var process: pid_t
        var name: String
        var deadline: Int
        var last: Int?
    }

    private func answer(_ invocation: Invocation) throws -> Answer {
        guard case .success(let response) = invocation.outcome else { throw NoAnswer(outcome: "\(invocation.outcome)") }
        return try JSONDecoder().decode(Answer.self, from: Data(response))
    }

    private struct NoAnswer: Error { var outcome: String }

    private func errorType(_ invocation: Invocation) -> String? {
        if case .functionError(let type, _, _) = invocation.outcome { type } else { nil }
    }

    @Test func `a sandbox is used again, and only its first report tells of a start`() throws {
        let function = function()
        let (first, second) = (invoke(function, "answer"), invoke(function, "answer"))
        #expect(try answer(first).process == answer(second).process)
        #expect(try answer(first).name == "prices")
        #expect((1...20_000).contains(try answer(first).deadline))
        #expect(first.report?.initDuration != nil)
        #expect(second.report?.initDuration == nil)
        #expect(try #require(second.report).maxMemoryUsed > 1)
        let report = try #require(log.lines.last)
        #expect(
            report.contains(
                #/
                ^REPORT\ RequestId:\ \S+\tDuration:\ \d+\.\d\d\ ms\tBilled\ Duration:\ \d+\ ms
                \tMemory\ Size:\ 512\ MB\tMax\ Memory\ Used:\ \d+\ MB$
                /#
            ))
        #expect(log.lines.contains("doing answer"))
    }

    @Test func `an error that the function reports leaves the sandbox warm`() throws {
        let function = function()
        let process = try answer(invoke(function, "answer")).process
        #expect(errorType(invoke(function, "fail")) == "Function.Refused")
        #expect(try answer(invoke(function, "answer")).process == process)
    }

    @Test func `a function that dies is an error, and the next invocation starts another`() throws {
        let function = function()
        let process = try answer(invoke(function, "answer")).process
        let died = invoke(function, "exit")
        #expect(errorType(died) == "Runtime.ExitError")
        #expect("\(died.outcome)".contains("exit status 7"))
        #expect(try answer(invoke(function, "answer")).process != process)
    }

    @Test func `a function that takes too long is ended`() throws {
        let function = function(timeout: 1)
        let process = try answer(invoke(function, "answer")).process
        #expect(errorType(invoke(function, "sleep")) == "Sandbox.Timedout")
        #expect(kill(process, 0) != 0)
        #expect(log.lines.contains { $0.hasSuffix("Error: Task timed out after 1.00 seconds") })
    }

    @Test func `an answer over the limit is refused with 413 and fails the invocation`() throws {
        let function = function()
        #expect(errorType(invoke(function, "answer too much")) == "Function.ResponseSizeTooLarge")
        #expect(try answer(invoke(function, "answer")).last == 413)
    }

    @Test func `what a function says when it cannot start is told`() {
        #expect(errorType(invoke(function(variables: ["FAILS_TO_START": "1"]), "answer")) == "Function.NoBucket")
        #expect(errorType(invoke(function("missing"), "answer")) == "Runtime.InvalidEntrypoint")
    }

    @Test func `between invocations a sandbox stands still where that is asked for`() throws {
        let function = function(freezes: true)
        let process = try answer(invoke(function, "answer")).process
        #expect(try state(of: process) == "T")
        #expect(try answer(invoke(function, "answer")).process == process)
        function.shutDown()
        #expect(kill(process, 0) != 0)
    }

    /// The kernel's letter: T is stopped.
    private func state(of process: pid_t) throws -> Substring? {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").dropFirst().first
    }
}
