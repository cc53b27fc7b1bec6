import Foundation
import Libc
import TestParts
import Testing

/// Names that no column can have, of those in `shapes.py`: a comma separates columns in what a SerDe is told and a bar
/// in what it looks for, Glue's names have no control characters, and a blank one cannot be told from none.
private let columnless: Set = ["com,ma", "b|ar", " ", "tab\t"]

/// The promise under `kill -9` and a shaky Glue, while shapes change all the time: every row is readable from the
/// moment when its object is there, every column is there, and no sandbox undoes what another one has added.
@Suite(.serialized) struct `Shapes that change all the time` {
    @Test(arguments: 0..<3) func `are all in the table`(_ seed: Int) throws {
        let lake = try Lake()
        let sandbox = try Sandbox(lake)
        var next = 0
        for batch in 0..<8 {
            let offsets = next..<next + [1, 5, 60, 200][batch % 4]
            let reply = try sandbox.invoke(lake.event([("shapes\(seed)", 0, offsets)]))
            #expect(!reply.isError, "\(reply.text)")
            next = offsets.upperBound
            try lake.expectReadable(columnless: columnless)
        }
        #expect(try lake.refusals() == [])
    }

    @Test func `are all in the registered partitions as well`() throws {
        let lake = try Lake()
        let settings = ["GLUE_PARTITIONS": "true"]
        var sandbox = try Sandbox(lake, settings)
        var next = 0
        for batch in 0..<6 {
            // Some hours per batch; a sandbox that begins anew knows neither folders nor columns.
            if batch == 3 { sandbox = try Sandbox(lake, settings) }
            let offsets = next..<next + 150
            let reply = try sandbox.invoke(lake.event([("partitioned", 0, offsets)]))
            #expect(!reply.isError, "\(reply.text)")
            next = offsets.upperBound
            let rows = try lake.expectReadable(columnless: columnless).rows
            let found = try lake.findings(partitions: true)
            #expect(found.wrong == [] && found.rows == rows)
        }
        #expect(try lake.refusals() == [])
    }

    @Test func `are all in the table when four sandboxes are killed anywhere and Glue fails in every way`() throws {
        let rounds = ProcessInfo.processInfo.environment["TORTURE_ROUNDS"].flatMap { Int($0) } ?? 12
        let seed =
            ProcessInfo.processInfo.environment["TORTURE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0..<1_000_000_000)
        print("tables: \(rounds) rounds, TORTURE_SEED=\(seed)")
        var run = try ShapeRun(seed)
        for round in 0..<rounds { try run.round(round) }
        try run.finish()
        print("tables: \(run.tally)")
        #expect(run.killed > 0)
    }
}

/// Four sandboxes, each with a partition of the one topic, all widening the one table.
private struct ShapeRun {
    private let lake: Lake
    private var dice: SplitMix
    private var slots: [Slot] = []
    private var stored = [0, 0, 0, 0]
    private(set) var killed = 0
    private var failed = 0
    private var columns = 0

    init(_ seed: UInt64) throws {
        let lake = try Lake()
        self.lake = lake
        dice = SplitMix(seed: seed)
        for _ in 0..<4 { slots.append(try Slot(lake)) }
    }

    var tally: String {
        "\(stored.reduce(0, +)) offsets stored, \(killed) killed, \(failed) invocations failed, \(columns) columns"
    }

    /// Each sandbox gets the next records of its partition, again and again until it says that they are stored.
    mutating func round(_ round: Int) throws {
        let faults = ["conflict", "before", "after", "lost", "throttled"]
        try lake.strike(
            faults.map { ["fault": $0, "chance": 0.05] } + [["fault": "slow", "action": "GetTable", "chance": 0.5]])
        let ranges = stored.map { $0..<$0 + Int.random(in: 1...40, using: &dice) }
        var open = Set(slots.indices)
        for attempt in 0..<10 where !open.isEmpty {
            if attempt == 5 { try lake.strike([]) }
            for index in open {
                let victim = attempt < 4 && Int.random(in: 0..<3, using: &dice) == 0
                try slots[index].ready(dyingAt: victim ? Int.random(in: 1...8, using: &dice) : nil)
                slots[index].deliver(try lake.event([("torn", index, ranges[index])]))
            }
            if round % 3 == 0 {
                let found = try lake.findings(meanwhile: true)
                #expect(found.wrong == [], "while objects are written")
            }
            for index in open {
                switch slots[index].answer() {
                case .succeeded:
                    open.remove(index)
                    stored[index] = ranges[index].upperBound
                case .died: killed += 1
                case .failed, .timedOut: failed += 1
                }
            }
        }
        #expect(open.isEmpty, "a delivery that nobody disturbs does not succeed")
    }

    mutating func finish() throws {
        for slot in slots { slot.end() }
        #expect(try lake.refusals() == [])
        let found = try lake.expectReadable(columnless: columnless)
        #expect(found.rows + found.quarantined == stored.reduce(0, +))
        columns = found.columns["torn"]?.count ?? 0
    }
}

/// A sandbox, with its ways to S3 and Glue, that dies at one of its requests. `@unchecked`: guarded by `lock`.
private final class Slot: @unchecked Sendable {
    private let lake: Lake
    private let lock = NSLock()
    private var sandbox: Sandbox?
    private var invocation: String?
    private var proxies: [FaultProxy] = []
    private var seen = 0
    private var dyingAt: Int?

    init(_ lake: Lake) throws { self.lake = lake }

    func ready(dyingAt request: Int?) throws {
        lock.withLock {
            seen = 0
            dyingAt = request
        }
        if let alive = lock.withLock({ sandbox }), alive.process.isRunning { return }
        let ports = try Lake.ports
        let (s3, glue) = (
            try FaultProxy(to: ports.s3) { [unowned self] _ in fault() },
            try FaultProxy(to: ports.glue) { [unowned self] _ in fault() }
        )
        let new = try Sandbox(lake, ["AWS_ENDPOINT_URL_S3": s3.url, "AWS_ENDPOINT_URL_GLUE": glue.url])
        lock.withLock {
            proxies += [s3, glue]
            sandbox = new
        }
    }

    func deliver(_ event: String) { lock.withLock { invocation = sandbox?.deliver(event, remaining: 20_000) } }

    func answer() -> Sandbox.Answer {
        guard case (let sandbox?, let invocation?) = lock.withLock({ (sandbox, invocation) }) else { return .died }
        return sandbox.answer(to: invocation).0
    }

    func end() {
        lock.withLock { sandbox }?.kill()
        for proxy in lock.withLock({ proxies }) { proxy.drain() }
    }

    /// At the request that it dies at: before the server has heard of it, or when all is done and it has not heard so.
    private func fault() -> FaultProxy.Fault {
        let isDue = lock.withLock {
            seen += 1
            return seen == dyingAt
        }
        guard isDue else { return .none }
        if Bool.random() { return .then { self.lock.withLock { self.sandbox }?.kill() } }
        lock.withLock { sandbox }?.kill()
        return .resetBefore
    }
}
