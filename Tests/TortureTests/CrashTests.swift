import Foundation
import TestParts
import Testing

/// The promise under `kill -9`: the real binary, a real S3 over TCP, two sandboxes at once.
///
/// What Lambda guarantees is all that is taken for granted: a delivery starts at or before the first offset that no
/// invocation has yet succeeded with. Where it ends, what it repeats, who else is at it and what a dead sandbox's
/// last upload does meanwhile is up to the dice.
@Suite(.serialized) struct `Killed at any moment` {
    @Test func `every offset is stored once`() throws {
        let rounds = ProcessInfo.processInfo.environment["TORTURE_ROUNDS"].flatMap { Int($0) } ?? 25
        let seed = Dice.seed()
        print("crash test: \(rounds) rounds, TORTURE_SEED=\(seed)")
        var run = try CrashRun(seed: seed)
        for round in 1...max(1, rounds) {
            try run.round()
            if round % 25 == 0 { print("crash test: round \(round) of \(rounds); \(run.tally)") }
        }
        let count = try run.count()
        print(
            "crash test: \(run.tally); stored: \(count.objects) objects, \(count.rows) rows, "
                + "\(count.quarantined) quarantined, of \(count.expected) records; \(count.wrongCount) wrong")
        #expect(count.wrong == [], "TORTURE_SEED=\(seed)")
        #expect(count.rows + count.quarantined == count.expected)
        #expect(run.killed > 0)
    }
}

/// The state of one run: what is committed of each partition, and two sandboxes that are replaced when they die.
private struct CrashRun {
    private let s3: LocalS3
    private let logs = [
        ProducedLog(topic: "plain", mixesHours: false), ProducedLog(topic: "mixed-hours"),
        ProducedLog(topic: "compacted", partition: 3, holeEvery: 5),
    ]
    private var committed = [0, 0, 0]
    private var dice: Dice
    private var slots: [Slot]
    private(set) var killed = 0
    private var answered = 0
    private var deliveries = 0
    private var atOnce = 0
    private var failures: [String] = []

    init(seed: UInt64) throws {
        s3 = try LocalS3()
        dice = Dice(seed: seed)
        slots = [Slot(), Slot()]
    }

    var tally: String {
        "\(deliveries) deliveries, \(atOnce) of them two at once, \(killed) killed unanswered, \(answered) answered, "
            + "\(committed.reduce(0, +)) offsets committed"
    }

    func count() throws -> LocalS3.Count {
        for slot in slots { slot.end() }
        #expect(failures == [])
        return try s3.count(
            Dictionary(
                uniqueKeysWithValues: zip(logs, committed).map {
                    ($0.name, LocalS3.Expected(offsets: 0..<$1, holes: $0.holes(0..<$1)))
                }))
    }

    /// One batch, killed and delivered again with other boundaries until all of it is stored.
    mutating func round() throws {
        let chosen = logs.indices.filter { _ in Bool.random(using: &dice) }
        let partitions = chosen.isEmpty ? [0] : chosen
        var goal = committed
        for attempt in 0..<12 {
            let isLast = attempt >= 4
            let twice = !isLast && Int.random(in: 0..<3, using: &dice) == 0
            let first = Int.random(in: 0...1, using: &dice)
            var running: [(slot: Slot, parts: [(Int, Range<Int>)])] = []
            for slot in twice ? [first, 1 - first] : [first] {
                let parts = partitions.map { ($0, range($0, atLeast: isLast ? goal[$0] : nil)) }
                for (partition, range) in parts { goal[partition] = max(goal[partition], range.upperBound) }
                try slots[slot].ready(s3, plan(isLast))
                running.append((slots[slot], parts))
                slots[slot].deliver(ProducedLog.event(parts.map { (logs[$0.0], $0.1) }))
            }
            deliveries += running.count
            if twice { atOnce += 2 }
            if !isLast, Bool.random(using: &dice), let victim = running.randomElement(using: &dice) {
                usleep(UInt32.random(in: 0..<60_000, using: &dice))
                victim.slot.kill()
            }
            for (slot, parts) in running { note(slot.answer(), parts) }
            if partitions.allSatisfy({ committed[$0] >= goal[$0] }) { return }
        }
        throw Failure(description: "a delivery that nobody disturbs does not succeed: \(failures.suffix(3))")
    }

    private mutating func note(_ answer: Sandbox.Answer, _ parts: [(Int, Range<Int>)]) {
        switch answer {
        case .succeeded:
            answered += 1
            for (partition, range) in parts { committed[partition] = max(committed[partition], range.upperBound) }
        case .died: killed += 1
        case .failed(let type, let message): failures.append("\(type): \(message)")
        case .timedOut: failures.append("no answer within the deadline")
        }
    }

    /// Starts at what is committed or earlier, never later, and ends anywhere: longer or shorter than last time.
    private mutating func range(_ partition: Int, atLeast: Int?) -> Range<Int> {
        let goesBack = Int.random(in: 0..<3, using: &dice) == 0
        let start = max(0, committed[partition] - (goesBack ? Int.random(in: 1...80, using: &dice) : 0))
        let length = Int.random(in: 0..<4, using: &dice) == 0 ? 5 : 90
        return start..<max(atLeast ?? 0, committed[partition] + Int.random(in: 1...length, using: &dice))
    }

    /// What happens at which of the sandbox's requests to S3.
    private mutating func plan(_ isLast: Bool) -> Slot.Plan? {
        guard !isLast, Bool.random(using: &dice) else { return nil }
        let late: UInt32? = Bool.random(using: &dice) ? UInt32.random(in: 0...300, using: &dice) : nil
        return Slot.Plan(request: Int.random(in: 1...12, using: &dice), late: late)
    }
}

/// One of the two sandboxes with its way to S3. `@unchecked`: what changes is guarded by `lock`.
private final class Slot: @unchecked Sendable {
    /// The sandbox dies at its so manieth request from now on: before S3 has heard of it, and then the request comes
    /// `late` all the same; or, where that is `nil`, when S3 has carried it out and the sandbox has not heard so.
    struct Plan {
        var request: Int
        var late: UInt32?
    }

    private let lock = NSLock()
    private var sandbox: Sandbox?
    private var proxy: FaultProxy?
    private var plan: Plan?
    private var seen = 0

    func ready(_ s3: LocalS3, _ plan: Plan?) throws {
        lock.withLock {
            self.plan = plan
            seen = 0
        }
        if let alive = lock.withLock({ sandbox }), alive.isAlive { return }
        let proxy = try FaultProxy(to: s3.port) { [unowned self] _ in fault() }
        let new = try Sandbox(endpoint: proxy.url)
        lock.withLock {
            // The dead one's proxy lives on while it holds a request back.
            self.proxy = proxy
            sandbox = new
        }
    }

    func deliver(_ event: String) { lock.withLock { sandbox }?.deliver(event, milliseconds: 20_000) }
    func answer() -> Sandbox.Answer { lock.withLock { sandbox }?.answer().0 ?? .died }
    func kill() { lock.withLock { sandbox }?.process.signal(SIGKILL) }

    func end() {
        kill()
        // What a dead sandbox sent may still be on its way.
        lock.withLock { proxy }?.drain()
    }

    private func fault() -> FaultProxy.Fault {
        let due: Plan? = lock.withLock {
            seen += 1
            return plan.flatMap { $0.request == seen ? $0 : nil }
        }
        guard let due else { return .none }
        guard let late = due.late else { return .then { self.kill() } }
        kill()
        return .late(milliseconds: late)
    }
}
