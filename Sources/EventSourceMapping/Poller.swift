import FunctionHost
import Kafka
import UTC

/// One member of the group: reads, cuts batches, invokes the function, commits what it acknowledged.
///
/// Everything happens on one thread, one thing after the other. So at most one batch is in flight, a rebalance waits
/// for it, and nothing is committed that was not acknowledged before.
final class Poller {
    let configuration: MappingConfiguration
    let destination: OnFailureDestination?
    let function: any Function
    let consumer: Consumer
    let statistics: MappingStatistics
    let notice: @Sendable (String) -> Void
    let envelope: EventEnvelope
    private let number: Int
    private let firstSight: FirstSight
    private let encoder = RecordEncoder()
    var builder: BatchBuilder
    /// Batches that were not acknowledged, to be done in order; the partitions of each chain are held back meanwhile.
    var chains: [[Batch]] = []
    /// Of each partition that is read.
    private var progress: [TopicPartition: PartitionProgress] = [:]
    private var paused: Set<TopicPartition> = []
    /// Invocations in a row that could not be made.
    var outages = 0

    init(
        _ number: Int, _ configuration: MappingConfiguration, _ destination: OnFailureDestination?,
        _ function: any Function, _ statistics: MappingStatistics, _ firstSight: FirstSight,
        notice: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        self.number = number
        self.configuration = configuration
        self.destination = destination
        self.function = function
        self.statistics = statistics
        self.firstSight = firstSight
        self.notice = notice
        envelope = EventEnvelope(configuration)
        builder = BatchBuilder(configuration, envelope)
        consumer = try Consumer(
            configuration.settings, group: configuration.consumerGroupID, start: configuration.startingPosition,
            firstSight: firstSight)
        consumer.onAssign = { [unowned self] in assign($0) }
        consumer.onRevoke = { [unowned self] in revoke($0, lost: $1) }
        consumer.onEnd = { [unowned self] in reachedEnd($0, $1) }
        consumer.onError = { [unowned self] in heard($0) }
        try consumer.subscribe(to: configuration.topics)
    }

    /// Works until `stops` says so; the batch in flight is finished and committed, then the group is left.
    /// - Throws: `KafkaError` where the client cannot continue.
    func run(until stops: () -> Bool) throws(KafkaError) {
        defer { function.shutDown() }
        var lastLook: Int64 = 0
        while !stops(), fatal == nil {
            let now = Clock.monotonic()
            if now - lastLook >= 250 {
                commitWhereBehind(now)
                reportLag()
                reportStanding(now)
                lastLook = now
            }
            if isAwaitingCommit {
                // What is done now might be repeated: first the group must accept the previous commit.
                _ = poll(milliseconds: 50)
                continue
            }
            if let index = chains.firstIndex(where: { $0[0].notBefore <= now }) {
                continueChain(index)
                // A poll between two batches lets a rebalance happen.
                _ = poll(milliseconds: 0)
                continue
            }
            guard let due = builder.due(now: now) else {
                _ = poll(milliseconds: pause(now, atMost: 100))
                continue
            }
            let isQuiet = due == 0 || !poll(milliseconds: pause(now, atMost: min(due, 100)))
            if isQuiet, builder.due(now: Clock.monotonic()) == 0 {
                process([builder.nextBatch(now: Clock.monotonic())])
            }
        }
        reportLag()
        consumer.close()
        if let fatal { throw fatal }
    }

    /// Not longer than until the next retry.
    private func pause(_ now: Int64, atMost limit: Int64) -> Int32 {
        let retry = chains.map { max(0, $0[0].notBefore - now) }.min() ?? limit
        return Int32(clamping: min(limit, retry))
    }

    // MARK: Reading

    /// True where a record came.
    private func poll(milliseconds: Int32) -> Bool {
        var from: TopicPartition?
        let came = consumer.poll(milliseconds: milliseconds) { record, partition in
            var encoded = encoder.encode(record, topic: partition.topic)
            encoded.epoch = progress[partition]?.epoch ?? 0
            builder.add(encoded, partition, now: Clock.monotonic())
            progress[partition, default: PartitionProgress(next: record.offset, committed: nil)].read(record.offset)
            from = partition
        }
        guard came, let from else { return came }
        if !isAwaitingCommit { trouble = nil }
        read += 1
        if read >= 1000 || !hasRead { flushRead() }
        // A waiting partition must not fill the memory; the others continue.
        let waiting = builder.backlog(from)
        if isAwaitingCommit || !chains.isEmpty && isHeld(from),
            waiting.records >= configuration.batchSize || waiting.bytes >= configuration.payloadLimit,
            paused.insert(from).inserted
        {
            reporting { () throws(KafkaError) in try consumer.pause(from, true) }
        }
        return true
    }

    private var read = 0
    private var hasRead = false

    private func flushRead() {
        guard read > 0 else { return }
        statistics.update {
            $0.read += read
            if $0.firstRead == 0 { $0.firstRead = Double(Clock.monotonic()) / 1000 }
        }
        read = 0
        hasRead = true
    }

    /// Partitions that were stopped are read again once nothing of them waits for a retry and there is room.
    func resume() {
        for partition in paused where !isHeld(partition) && builder.backlog(partition).records < configuration.batchSize
        {
            reporting { () throws(KafkaError) in try consumer.pause(partition, false) }
            paused.remove(partition)
        }
    }

    private func isHeld(_ partition: TopicPartition) -> Bool {
        chains.contains { $0.contains { $0.runs.contains { $0.partition == partition } } }
    }

    private func reachedEnd(_ partition: TopicPartition, _ next: Int64) {
        progress[partition]?.reachedEnd(at: next)
        trouble = nil
    }

    // MARK: Partitions

    private var hasBeenAssigned = false

    private func assign(_ beginnings: [Consumer.Beginning]) {
        hasBeenAssigned = true
        trouble = nil
        for beginning in beginnings { begin(beginning) }
        statistics.update {
            $0.rebalances += 1
            $0.missingTopics.subtract(beginnings.map(\.partition.topic))
        }
        let fresh = beginnings.filter { $0.gone == nil }.map(\.partition).sorted().map(\.description)
        if !fresh.isEmpty {
            notice("assigned: \(fresh.joined(separator: ", "))")
        } else if progress.isEmpty {
            notice("assigned: no partition (the group has more members than partitions)")
        }
        // Where a group begins at the newest record, a member that ends before its first commit would leave the next
        // one to begin at a newest record of its own.
        commitWhereBehind(Clock.monotonic())
    }

    private func begin(_ beginning: Consumer.Beginning) {
        let (partition, offset) = (beginning.partition, beginning.offset)
        switch beginning.gone {
        case nil where progress[partition] != nil: progress[partition]?.skip(to: offset)
        case nil:
            progress[partition] = PartitionProgress(next: offset, committed: beginning.isCommitted ? offset : nil)
        case .deleted(let lost):
            progress[partition]?.skip(to: offset)
            statistics.update { $0.gone &+= lost.upperBound - lost.lowerBound }
            let (first, last) = (lost.lowerBound, lost.upperBound - 1)
            let offsets = first == last ? "offset \(first)" : "offsets \(first)…\(last)"
            notice(
                "\(partition): the broker deleted \(offsets) before the group read them (by retention or by hand); "
                    + "reading continues at \(offset)")
        case .cut(let next, let end):
            progress[partition]?.restart(at: offset)
            notice(
                "\(partition): the group had reached offset \(next), but the partition ends at \(end): it was "
                    + "truncated, or deleted and recreated; reading continues at its oldest record, \(offset)")
        }
    }

    /// What was read of these partitions and not acknowledged is the next owner's to read.
    private func revoke(_ partitions: [TopicPartition], lost: Bool) {
        if lost {
            notice("the group continued without this member: another one reads its partitions from their last commit")
        } else {
            commitWhereBehind(.max)
        }
        let gone = Set(partitions)
        paused.subtract(gone)
        for partition in partitions { progress[partition] = nil }
        chains = chains.compactMap { chain in
            let left = chain.map { batch in batch.with(batch.runs.filter { !gone.contains($0.partition) }) }
                .filter { !$0.runs.isEmpty }
            return left.isEmpty ? nil : left
        }
        builder.drop(gone)
        statistics.update { for partition in gone { $0.lag[partition] = nil } }
    }

    // MARK: Commits

    /// When a refused commit is tried again; 0 where none was refused.
    private var nextCommit: Int64 = 0
    private var refusal: String?
    private var isAwaitingCommit: Bool { nextCommit > 0 }

    /// Records that are done, and may be committed up to the lowest one that is not.
    func finish(_ batch: Batch, acknowledged: Bool) {
        for run in batch.runs { progress[run.partition]?.finish(run.records, acknowledged: acknowledged) }
        commitWhereBehind(.max)
    }

    /// Commits each partition up to its lowest record that is still to be done, never further and never back. What is
    /// refused is tried again, and nothing else is done until it is taken.
    private func commitWhereBehind(_ now: Int64) {
        guard now >= nextCommit else { return }
        let offsets = progress.filter { $0.value.isBehindCommit }.map { ($0.key, $0.value.committable) }
        do {
            if !offsets.isEmpty { try consumer.commit(offsets) }
        } catch {
            nextCommit = Clock.monotonic() + 250
            // While a group is rebalanced, brokers may reject commits: that is not a fault, and passes.
            if refusal != error.description, !error.isRebalance {
                heard(error, "retrying before anything else is done")
            }
            refusal = error.description
            if !error.isRebalance { trouble = error.description }
            return
        }
        let wasRefused = isAwaitingCommit
        (nextCommit, refusal) = (0, nil)
        if wasRefused { resume() }
        guard !offsets.isEmpty else { return }
        trouble = nil
        var acknowledged = 0
        for (partition, offset) in offsets { acknowledged += progress[partition]?.hasCommitted(offset) ?? 0 }
        guard acknowledged > 0 else { return }
        statistics.update {
            $0.acknowledged += acknowledged
            $0.lastAcknowledged = Double(Clock.monotonic()) / 1000
        }
    }

    // MARK: Standing

    private var fatal: KafkaError?
    /// What keeps it from working, until something works again.
    private var trouble: String?
    private var isIdle = false
    private var nextQuestion: Int64 = 0

    private func heard(_ error: KafkaError, _ consequence: String? = nil) {
        notice("Kafka: \(error)" + (consequence.map { "; \($0)" } ?? ""))
        if error.isFatal { fatal = error }
        if error.isOutage { trouble = "no broker can be reached: \(error)" }
        if error.isMissingTopic, let topic = error.topic {
            firstSight.sawNothing(of: topic)
            statistics.update { $0.missingTopics.insert(topic) }
        }
    }

    private func reporting(_ body: () throws(KafkaError) -> Void) {
        do { try body() } catch { heard(error) }
    }

    private func reportLag() {
        flushRead()
        let lags = progress.map { partition, progress in
            let unread = progress.isAtEnd ? 0 : consumer.highWatermark(partition).map { max(0, $0 - progress.next) }
            let lag = unread.map { $0.addingReportingOverflow(Int64(progress.pendingCount)) }
            return (partition, lag.map { $0.overflow ? .max : $0.partialValue })
        }
        statistics.update { for (partition, lag) in lags { $0.lag[partition] = lag ?? $0.lag[partition] } }
    }

    private func reportStanding(_ now: Int64) {
        let isDone =
            hasBeenAssigned && !consumer.isResolving
            && progress.values.allSatisfy { $0.isAtEnd && $0.pendingCount == 0 && !$0.isBehindCommit }
        if !isDone { isIdle = false }
        if isDone, now >= nextQuestion {
            nextQuestion = now + 1000
            askForMore()
        }
        let standing: PollerStanding =
            if let trouble { .stuck(trouble) } else if isIdle { .idle } else if hasBeenAssigned { .working } else {
                .joining
            }
        statistics.update { $0.standings[number] = standing }
    }

    /// An end that was reached may be outdated, and a broker that has gone away reports nothing either: so ask it.
    private func askForMore() {
        isIdle = false
        do {
            isIdle = try consumer.isDone(configuration.topics, progress.mapValues(\.next))
            trouble = nil
        } catch {
            trouble = trouble ?? "no broker can be reached: \(error)"
        }
    }
}
