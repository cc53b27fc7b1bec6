import Foundation
import TestParts
import Testing

/// The promise under `kill -9`: the real binary, a real S3 over TCP, three warm sandboxes, two of them at once.
///
/// A delivery starts at or before the first offset that no invocation has yet succeeded with; or it is the second half
/// of a batch whose first half comes later, or the next batch, while that is so. Where it ends, what it repeats, who
/// else is at it and what a dead sandbox's last upload does meanwhile is up to the dice.
///
/// What no store without leases can tell apart is left out (`HistoryRaces` in the tests of Ingestion draws the line):
/// where a second half or a next batch starts after offsets that are not stored, nothing runs along with it that has
/// records in common with it, and its last upload has arrived before the offsets in front of it are delivered.
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

/// The state of one run: what is committed of each partition, and three sandboxes that are replaced when they die.
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
    private var outOfOrder = 0
    private var failures: [String] = []

    init(seed: UInt64) throws {
        s3 = try LocalS3()
        dice = Dice(seed: seed)
        slots = [Slot(), Slot(), Slot()]
    }

    var tally: String {
        "\(deliveries) deliveries, \(atOnce) of them two at once, \(outOfOrder) out of order, "
            + "\(killed) killed unanswered, \(answered) answered, "
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

    private typealias Parts = [(partition: Int, offsets: Range<Int>)]

    /// One batch, killed and delivered again with other boundaries until all of it is stored.
    mutating func round() throws {
        let chosen = logs.indices.filter { _ in Bool.random(using: &dice) }
        let partitions = chosen.isEmpty ? [0] : chosen
        var goal = committed
        if Bool.random(using: &dice) { try passOver(partitions, &goal) }
        for attempt in 0..<12 {
            let isLast = attempt >= 4
            let twice = !isLast && Int.random(in: 0..<3, using: &dice) == 0
            let batches = (0..<(twice ? 2 : 1)).map { _ in
                partitions.map { ($0, range($0, atLeast: isLast ? goal[$0] : nil)) }
            }
            try deliver(batches, &goal, isDisturbed: !isLast)
            if partitions.allSatisfy({ committed[$0] >= goal[$0] }) { return }
        }
        throw Failure(description: "a delivery that nobody disturbs does not succeed: \(failures.suffix(3))")
    }

    /// A batch is cut in two, and the second half comes first, the next batch along with it or not; then the first
    /// half, at once to two, once, or not at all. In the end the whole comes again, to whichever sandbox.
    private mutating func passOver(_ partitions: [Int], _ goal: inout [Int]) throws {
        let batch: Parts = partitions.map {
            ($0, committed[$0]..<committed[$0] + Int.random(in: 2...90, using: &dice))
        }
        let cuts = batch.map { Int.random(in: $0.offsets.lowerBound + 1..<$0.offsets.upperBound, using: &dice) }
        for slot in slots { slot.drain() }
        let second: Parts = zip(batch, cuts).map { ($0.partition, $1..<$0.offsets.upperBound) }
        let next: Parts = batch.map {
            ($0.partition, $0.offsets.upperBound..<$0.offsets.upperBound + Int.random(in: 1...40, using: &dice))
        }
        try deliver(
            Bool.random(using: &dice) ? [second] : [second, next], &goal, isDisturbed: Bool.random(using: &dice))
        for slot in slots { slot.drain() }
        let first: Parts = zip(batch, cuts).map { ($0.partition, $0.offsets.lowerBound..<$1) }
        let times = Int.random(in: 0...2, using: &dice)
        if times > 0 { try deliver(Array(repeating: first, count: times), &goal) }
        outOfOrder += 1 + times
    }

    /// Hands each of the batches to a sandbox of its own, at once, and waits for what becomes of them.
    private mutating func deliver(_ batches: [Parts], _ goal: inout [Int], isDisturbed: Bool = true) throws {
        let receivers = slots.shuffled(using: &dice).prefix(batches.count)
        for (slot, parts) in zip(receivers, batches) {
            for (partition, offsets) in parts { goal[partition] = max(goal[partition], offsets.upperBound) }
            try slot.ready(s3, isDisturbed ? plan() : nil)
            slot.deliver(ProducedLog.event(parts.map { (logs[$0.partition], $0.offsets) }))
        }
        deliveries += batches.count
        if batches.count > 1 { atOnce += batches.count }
        if isDisturbed, Int.random(in: 0..<3, using: &dice) == 0, let victim = receivers.randomElement(using: &dice) {
            usleep(UInt32.random(in: 0..<60_000, using: &dice))
            victim.kill()
        }
        for (slot, parts) in zip(receivers, batches) { note(slot.answer(), parts) }
    }

    /// What begins after the first offset that no invocation has succeeded with leaves the group where it is.
    private mutating func note(_ answer: Sandbox.Answer, _ parts: Parts) {
        switch answer {
        case .succeeded:
            answered += 1
            for (partition, offsets) in parts where offsets.lowerBound <= committed[partition] {
                committed[partition] = max(committed[partition], offsets.upperBound)
            }
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
    private mutating func plan() -> Slot.Plan? {
        guard Int.random(in: 0..<3, using: &dice) == 0 else { return nil }
        let late: UInt32? = Bool.random(using: &dice) ? UInt32.random(in: 0...300, using: &dice) : nil
        return Slot.Plan(request: Int.random(in: 1...12, using: &dice), late: late)
    }
}

/// One of the sandboxes with its way to S3. `@unchecked`: what changes is guarded by `lock`.
private final class Slot: @unchecked Sendable {
    /// The sandbox dies at its so manieth request from now on: before S3 has heard of it, and then the request comes
    /// `late` all the same; or, where that is `nil`, when S3 has carried it out and the sandbox has not heard so.
    struct Plan {
        var request: Int
        var late: UInt32?
    }

    private let lock = NSLock()
    private var sandbox: Sandbox?
    private var invocation: String?
    private var proxy: FaultProxy?
    /// The dead ones' as well: they live on while they hold a request back.
    private var proxies: [FaultProxy] = []
    private var plan: Plan?
    private var seen = 0

    func ready(_ s3: LocalS3, _ plan: Plan?) throws {
        lock.withLock {
            self.plan = plan
            seen = 0
        }
        if let alive = lock.withLock({ sandbox }), alive.process.isRunning { return }
        let proxy = try FaultProxy(to: s3.port) { [unowned self] _ in fault() }
        let new = try Sandbox(endpoint: proxy.url)
        lock.withLock {
            self.proxy = proxy
            proxies.append(proxy)
            sandbox = new
        }
    }

    func deliver(_ event: String) { lock.withLock { invocation = sandbox?.deliver(event, remaining: 20_000) } }

    func answer() -> Sandbox.Answer {
        guard case (let sandbox?, let invocation?) = lock.withLock({ (sandbox, invocation) }) else { return .died }
        return sandbox.answer(to: invocation).0
    }

    func kill() { lock.withLock { sandbox }?.kill() }

    func end() {
        kill()
        drain()
    }

    /// What a dead sandbox sent may still be on its way: waits for it to arrive.
    func drain() {
        for proxy in lock.withLock({ proxies }) { proxy.drain() }
        lock.withLock { proxies.removeAll { $0 !== proxy } }
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
