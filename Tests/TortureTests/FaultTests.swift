import Foundation
import TestParts
import Testing

/// The promise with a fault between the binary and S3 or Glue: what the user sees, how long it takes, and that every
/// record is stored once when the batch, longer by then, has come again.
@Suite(.serialized) struct `A fault between the function and AWS` {
    @Test func `is absorbed or told, by the deadline, and nothing is lost or double`() throws {
        let s3 = try LocalS3()
        struct Ready: Decodable { var port: Int }
        let tls = try PythonServer<Ready>(TestParts.file("tls_endpoint.py"), ["\(s3.port)", s3.scratch.path])
        let cases = FaultCase.all(
            secure: ("https://localhost:\(tls.ready.port)", s3.scratch.appendingPathComponent("certificate.pem").path),
            refusing: try TestParts.freePort(), healthy: s3.url)

        let results = Locked<[FaultRow?]>(Array(repeating: nil, count: cases.count))
        let queue = OperationQueue()
        // Waiting is what they do most.
        queue.maxConcurrentOperationCount = 6
        for (index, fault) in cases.enumerated() {
            queue.addOperation {
                let row = FaultRun(fault, index, s3).outcome()
                results.change { $0[index] = row }
            }
        }
        queue.waitUntilAllOperationsAreFinished()
        _ = tls

        let rows = results.value.compactMap { $0 }
        let count = try s3.count(rows.reduce(into: [:]) { $0.merge($1.expected) { $1 } })
        print(FaultTable.markdown(rows, count.once))
        print(
            "faults: \(rows.count) kinds; \(count.objects) objects, \(count.rows) rows, "
                + "\(count.quarantined) quarantined, of \(count.expected) records; \(count.wrongCount) wrong")
        #expect(count.wrong == [])
        #expect(count.rows + count.quarantined == count.expected)
        for row in rows { #expect(row.problems == [], "\(row.name)") }
    }
}

/// What was seen of one kind of fault.
struct FaultRow: Sendable {
    var name: String
    var once = "–"
    var throughout = ""
    var milliseconds = 0
    var deadline = 0
    var problems: [String] = []
    var expected: [String: LocalS3.Expected] = [:]
    var records: Int { expected.values.reduce(0) { $0 + $1.offsets.count } }
}

enum FaultTable {
    static func markdown(_ rows: [FaultRow], _ once: [String: Int]) -> String {
        let head = """

            | Fault | Once | For the whole invocation: what the user sees | Answer after | Stored once, at last |
            |---|---|---|---|---|

            """
        return head
            + rows.map { row in
                let stored = row.expected.keys.reduce(0) { $0 + (once[$1] ?? 0) }
                return "| \(row.name) | \(row.once) | \(row.throughout) | \(seconds(row.milliseconds)) of "
                    + "\(seconds(row.deadline)) | \(stored) of \(row.records) |"
            }.joined(separator: "\n") + "\n"
    }

    static func seconds(_ milliseconds: Int) -> String { String(format: "%.1f s", Double(milliseconds) / 1000) }
}

/// Carries out one kind of fault: once in an invocation, then for the whole of one, then a healthy redelivery.
private struct FaultRun {
    private let fault: FaultCase
    private let s3: LocalS3
    private let onceLog: ProducedLog
    private let log: ProducedLog
    private var row: FaultRow

    init(_ fault: FaultCase, _ number: Int, _ s3: LocalS3) {
        self.fault = fault
        self.s3 = s3
        onceLog = ProducedLog(topic: "fault\(number)-once")
        log = ProducedLog(topic: "fault\(number)")
        row = FaultRow(name: fault.name)
        row.deadline = fault.deadline
    }

    consuming func outcome() -> FaultRow {
        var run = self
        do {
            try run.strikeOnce()
            try run.strikeThroughout()
        } catch { run.row.problems.append("\(error)") }
        return run.row
    }

    private mutating func strikeOnce() throws {
        guard let wanted = fault.once else { return }
        let (proxy, sandbox) = try striking(onceLog, times: 1)
        defer { proxy.close() }
        let (answer, milliseconds) = sandbox.outcome(ProducedLog.event([(onceLog, 0..<40)]), remaining: 30_000)
        check(answer, wanted, "once")
        row.once = answer.isSuccess ? "absorbed, \(FaultTable.seconds(milliseconds))" : "fails"
        try redeliver(onceLog, from: 0, s3.url)
    }

    private mutating func strikeThroughout() throws {
        let (proxy, sandbox) = try striking(log, times: .max)
        defer { proxy.close() }
        // The grace is for a machine that is busy with other tests; the table shows what was needed.
        let (answer, milliseconds) = sandbox.outcome(
            ProducedLog.event([(log, 0..<40)]), remaining: fault.deadline, grace: 1_000)
        row.milliseconds = milliseconds
        check(answer, fault.throughout, "throughout")
        sandbox.kill()
        // Now all of its log is there.
        _ = try? sandbox.process.exit()
        row.throughout = shown(answer, sandbox)
        var start = 0
        if fault.answersPartially, case .succeeded(let text) = answer {
            start =
                text.split(separator: "\"offset\":").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) } ?? -1
            if !(0..<40).contains(start) { row.problems.append("no offset in \(text)") }
        }
        let remedy = fault.remedy
        try redeliver(log, from: max(0, start), remedy?.endpoint ?? s3.url, remedy?.environment ?? [:])
    }

    private func striking(_ log: ProducedLog, times: Int) throws -> (FaultProxy, Sandbox) {
        let struck = Locked(0)
        let fault = fault
        let proxy = try FaultProxy(to: s3.port) { request in
            guard fault.isStruck(request) else { return .none }
            let before = struck.change { count in
                defer { count += 1 }
                return count
            }
            return before < times ? fault.script(request, before) : .none
        }
        var environment = fault.environment
        if fault.strikes == .glue {
            environment.merge(["CRAWLER_NAME": "crawler", "AWS_ENDPOINT_URL_S3": s3.url]) { $1 }
        }
        return (proxy, try Sandbox(endpoint: times == .max ? fault.endpoint ?? proxy.url : proxy.url, environment))
    }

    /// The same batch and more of it, on a fresh sandbox and with nothing in the way.
    private mutating func redeliver(
        _ log: ProducedLog, from start: Int, _ endpoint: String, _ environment: [String: String] = [:]
    ) throws {
        let (answer, _) = try Sandbox(endpoint: endpoint, environment).outcome(ProducedLog.event([(log, start..<60)]))
        check(answer, .succeeds, "redelivery")
        row.expected[log.name] = LocalS3.Expected(offsets: 0..<60)
    }

    private mutating func check(_ answer: Sandbox.Answer, _ wanted: FaultCase.Outcome, _ phase: String) {
        switch (answer, wanted) {
        case (.succeeded(let text), .succeeds): if text.contains("[{") { row.problems.append("\(phase): \(text)") }
        case (.succeeded(let text), .fails(let parts)) where fault.answersPartially:
            for part in parts where !text.contains(part) { row.problems.append("\(phase): \(text)") }
        case (.failed(let type, let message), .fails(let parts)):
            let text = "\(type): \(message)"
            for part in parts where !text.contains(part) { row.problems.append("\(phase): no '\(part)' in \(text)") }
            if text.contains("\n") { row.problems.append("\(phase): more than one line") }
        default: row.problems.append("\(phase): \(answer), wanted \(wanted)")
        }
    }

    /// Keys shortened, as the table has no room for them.
    private func shown(_ answer: Sandbox.Answer, _ sandbox: Sandbox) -> String {
        switch answer {
        case .failed(let type, let message):
            let reason = message.components(separatedBy: "; Lambda will redeliver the batch").first ?? message
            let words = reason.split(separator: " ").map { $0.hasPrefix("s3://") ? "s3://…:" : String($0) }
            return "`\(type)`: \(words.joined(separator: " "))".replacingOccurrences(of: "|", with: "\\|")
                .replacingOccurrences(of: log.topic, with: "TOPIC")
        case .succeeded(let text) where text.contains("[{"):
            return "`\(text)`".replacingOccurrences(of: log.topic, with: "TOPIC")
        case .succeeded:
            struct Line: Decodable { var level, message: String }
            let warning = sandbox.process.lines().compactMap {
                try? JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            .last { $0.level == "WARN" }
            return "success" + (warning.map { "; warning: \($0.message)" } ?? "")
        case .died: return "the process died"
        case .timedOut: return "Sandbox.Timedout"
        }
    }
}

extension Sandbox.Answer {
    var word: String {
        switch self {
        case .succeeded(let text): text.contains("[{") ? "a partial answer" : "success"
        case .failed: "an error"
        case .died: "death"
        case .timedOut: "killed"
        }
    }
    var isSuccess: Bool { if case .succeeded = self { true } else { false } }
}

extension FaultCase {
    fileprivate func isStruck(_ request: FaultProxy.Request) -> Bool {
        switch strikes {
        case .puts: request.method == "PUT"
        case .lists: request.method == "GET"
        case .glue: request.method == "POST"
        case .everything: true
        }
    }
}
