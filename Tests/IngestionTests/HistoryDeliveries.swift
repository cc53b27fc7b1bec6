@testable import Ingestion

extension History {
    // MARK: What the mapping does

    /// Half of a batch that failed, any of them; else what comes next.
    func deliverNext() throws {
        if !halves.isEmpty, Int.random(in: 0..<4, using: &random) > 0 {
            let half = halves.remove(at: Int.random(in: halves.indices, using: &random))
            if try deliver(half) { return }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: giveUp(half)
            case 1: halves += bisected(half)
            default: halves.append(half)
            }
            return
        }
        let batch = nextCuts()
        if try deliver(batch) { return }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: giveUp(batch)
        case 1: break
        default: halves = bisected(batch)
        }
    }

    /// The group moves on; the batch lies where an operator finds it.
    func giveUp(_ cuts: [Cut]) {
        guard !cuts.isEmpty else { return }
        payloads.append(cuts)
        for cut in cuts { commit(cut.partition, cut.records[...]) }
        say("given up: \(told(cuts))")
    }

    /// An operator invokes the function with what was given up.
    func replay() throws {
        guard let index = payloads.indices.randomElement(using: &random) else { return try deliverNext() }
        if try deliver(payloads[index]), Bool.random(using: &random) { payloads.remove(at: index) }
    }

    /// Another poller takes the partitions over and begins where the group stands; what the old one had cut is gone.
    func rebalance() throws {
        halves = []
        try deliver(nextCuts())
    }

    /// Lambda has no sandbox to spare for one half of a batch, but for the other; then the partitions change hands, and
    /// all of it is delivered again.
    func passOver() throws {
        let batch = nextCuts()
        guard let half = bisected(batch).first else { return }
        try deliver(half)
        halves = []
        if Int.random(in: 0..<4, using: &random) > 0 { try deliver(recut(batch)) }
    }

    func redeliverWhatSucceeded() throws {
        guard let cuts = successes.randomElement(using: &random) else { return try deliverNext() }
        let before = bucket.objects.count
        try deliver(cuts, isAlone: true)
        if bucket.objects.count > before {
            faults.append("\(told(cuts)), delivered again as it was, adds \(bucket.objects.count - before) objects")
        }
    }

    /// Everything once more from the beginning, with nobody to disturb it.
    func deliverAll() throws {
        pause()
        bucket.restoreMetadata()
        halves = []
        committed = committed.map { _ in 0 }
        for payload in payloads { try deliverUndisturbed(payload) }
        while faults.isEmpty {
            let cuts = nextCuts()
            if cuts.isEmpty { return }
            try deliverUndisturbed(cuts)
        }
    }

    private func deliverUndisturbed(_ cuts: [Cut]) throws {
        let sandbox = sandboxes[Int.random(in: sandboxes.indices, using: &random)]
        sandbox.store.faults = .init()
        sandbox.store.requestsToLive = .max
        let outcome = try ingest(cuts, sandbox)
        if let item = outcome.unwritten.first { faults.append("at the end \(told(cuts)) fails: \(item.failure)") }
        acknowledge(cuts, outcome, sandbox)
    }

    // MARK: One delivery

    /// One invocation, on any sandbox that is free, with any luck.
    /// - Parameter isAlone: nothing else happens meanwhile.
    /// - Returns: whether all of it was acknowledged; true where there is nothing to deliver.
    @discardableResult
    func deliver(_ cuts: [Cut], isAlone: Bool = false) throws -> Bool {
        guard !cuts.isEmpty, mayBegin(cuts) else { return true }
        settleWrites(before: cuts)
        if busy.count == sandboxes.count { try sandboxes.append(newSandbox()) }
        let free = sandboxes.indices.filter { !busy.contains($0) }
        let index = free[Int.random(in: free.indices, using: &random)]
        let sandbox = sandboxes[index]
        let luck = Int.random(in: 0..<(isInOrder ? 6 : 5), using: &random)
        sandbox.store.faults = .init(refused: luck == 0 ? 0.2 : 0, answerLost: luck == 1 ? 0.3 : 0)
        sandbox.store.requestsToLive = luck == 2 ? Int.random(in: 1...8, using: &random) : .max
        var interruptions: [any Error] = []
        if !isAlone, running.count < 2, Int.random(in: 0..<4, using: &random) == 0 {
            var rest = 3
            sandbox.store.meanwhile = { [unowned self] in
                guard rest > 0, Int.random(in: 0..<4, using: &random) == 0 else { return }
                rest -= 1
                do { try happenMeanwhile(cuts) } catch { interruptions.append(error) }
            }
        }
        busy.insert(index)
        running.append(cuts)
        let wasReadable = bucket.objects.values.allSatisfy(\.isReadable)
        let outcome = try ingest(cuts, sandbox)
        running.removeLast()
        busy.remove(index)
        sandbox.store.meanwhile = {}
        if let error = interruptions.first { throw error }
        if luck != 0, !sandbox.store.isDead, wasReadable, let item = outcome.unwritten.first {
            faults.append("\(told(cuts)) fails although nothing is wrong: \(item.failure)")
        }
        let isDone = acknowledge(cuts, outcome, sandbox)
        if sandbox.store.isDead { sandboxes[index] = try newSandbox() }
        return isDone
    }

    /// While a sandbox works, its batch is taken for lost and delivered again, cut otherwise, elsewhere; in any order,
    /// a poller has gone on to the next one as well, what was given up is replayed, the group begins elsewhere.
    private func happenMeanwhile(_ cuts: [Cut]) throws {
        guard !isInOrder else { return try _ = deliver(recut(cuts)) }
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<3: try deliver(recut(cuts))
        case 3, 4: try deliver(following(cuts))
        case 5: try deliver(payloads.randomElement(using: &random) ?? following(cuts))
        case 6: try deliver(anyCuts())
        default: bucket.land(using: &random)
        }
    }

    private func ingest(_ cuts: [Cut], _ sandbox: ModelSandbox<ModelStore>) throws -> BatchOutcome {
        say("\(told(cuts)) to \(sandbox.name)")
        defer { say("\(sandbox.name) asked\n" + sandbox.store.requests.joined(separator: "\n")) }
        sandbox.store.forgetRequests()
        defer { if sandbox.store.isEndless { faults.append("\(told(cuts)) goes round in a circle") } }
        return try sandbox.ingest(modelEvent(cuts.map { (logs[$0.partition].name, $0.records[...]) }))
    }

    /// What Lambda does with the answer: commits what is acknowledged, in whole batches or partition by partition.
    /// - Returns: whether that is all of it.
    @discardableResult
    private func acknowledge(_ cuts: [Cut], _ outcome: BatchOutcome, _ sandbox: ModelSandbox<ModelStore>) -> Bool {
        if sandbox.store.isDead { return false }
        let isPartial = Bool.random(using: &random)
        if !isPartial, !outcome.unwritten.isEmpty { return false }
        for cut in cuts {
            let failed = outcome.unwritten.first { $0.partition == logs[cut.partition].name }?.firstOffset ?? .max
            let done = cut.records.prefix { $0.offset < failed }
            for record in done where bucket.copies[record.id] == nil {
                faults.append("\(record) is acknowledged and not stored")
            }
            commit(cut.partition, done)
        }
        if outcome.unwritten.isEmpty { successes.append(cuts) }
        return outcome.unwritten.isEmpty
    }

    /// Where the group stands in front of these records, it is now after them.
    private func commit(_ partition: Int, _ records: ArraySlice<ModelLog.Record>) {
        guard let first = records.first, let last = records.last, first.offset >= committed[partition] else { return }
        let passes = logs[partition].records.contains { $0.offset >= committed[partition] && $0.offset < first.offset }
        if !passes { committed[partition] = last.offset + 1 }
    }

    private func told(_ cuts: [Cut]) -> String {
        cuts.map { "\(logs[$0.partition].name) \($0.records.first?.offset ?? 0)...\($0.records.last?.offset ?? 0)" }
            .joined(separator: ", ")
    }

    // MARK: Batches

    /// What comes next of some of the partitions.
    func nextCuts() -> [Cut] {
        let rests = logs.indices.map { partition in
            logs[partition].records.filter { $0.offset >= committed[partition] }
        }
        var cuts: [Cut] = []
        for (partition, rest) in rests.enumerated() where !rest.isEmpty {
            guard logs.count == 1 || Int.random(in: 0..<4, using: &random) > 0 else { continue }
            let length = Int.random(in: 1...min(rest.count, Bool.random(using: &random) ? 5 : 40), using: &random)
            cuts.append(Cut(partition: partition, records: Array(rest.prefix(length))))
        }
        if cuts.isEmpty, let partition = rests.firstIndex(where: { !$0.isEmpty }) {
            cuts = [Cut(partition: partition, records: Array(rests[partition].prefix(1)))]
        }
        return cuts
    }

    /// The same beginning, another end: longer, shorter.
    private func recut(_ cuts: [Cut]) -> [Cut] {
        cuts.compactMap { cut in
            let rest = logs[cut.partition].records.filter { $0.offset >= cut.records.first?.offset ?? 0 }
            guard !rest.isEmpty else { return nil }
            return Cut(
                partition: cut.partition, records: Array(rest.prefix(Int.random(in: 1...rest.count, using: &random))))
        }
    }

    /// What comes after these records.
    private func following(_ cuts: [Cut]) -> [Cut] {
        cuts.compactMap { cut in
            let rest = logs[cut.partition].records.filter { $0.offset > cut.records.last?.offset ?? 0 }
            guard !rest.isEmpty else { return nil }
            return Cut(
                partition: cut.partition, records: Array(rest.prefix(Int.random(in: 1...20, using: &random))))
        }
    }

    private func anyCuts() -> [Cut] {
        let partition = Int.random(in: logs.indices, using: &random)
        let rest = logs[partition].records.shuffled(using: &random).first.map { first in
            logs[partition].records.filter { $0.offset >= first.offset }
        }
        guard let rest else { return [] }
        return [Cut(partition: partition, records: Array(rest.prefix(Int.random(in: 1...40, using: &random))))]
    }

    /// Two batches of one, cut anywhere, as `BisectBatchOnFunctionError` does; the second half may come first.
    private func bisected(_ cuts: [Cut]) -> [[Cut]] {
        var parts: [[Cut]] = [[], []]
        for cut in cuts {
            let middle = (cut.records.count + Int.random(in: 0...1, using: &random)) / 2
            if middle > 0 { parts[0].append(Cut(partition: cut.partition, records: Array(cut.records[..<middle]))) }
            if middle < cut.records.count {
                parts[1].append(Cut(partition: cut.partition, records: Array(cut.records[middle...])))
            }
        }
        return parts.filter { !$0.isEmpty }.shuffled(using: &random)
    }
}
