import Bytes
import Foundation
import FunctionHost
import Kafka
import UTC

/// One member of the group: reads, cuts batches, invokes the function, commits what it acknowledged.
///
/// Everything happens on one thread, one thing after the other. So at most one batch is in flight, a rebalance waits
/// for it, and nothing is committed that was not acknowledged before.
final class Poller {
    private let configuration: MappingConfiguration
    private let destination: OnFailureDestination?
    private let function: any Function
    private let consumer: Consumer
    private let statistics: MappingStatistics
    private let notice: @Sendable (String) -> Void
    private let envelope: EventEnvelope
    private let encoder = RecordEncoder()
    private var builder: BatchBuilder
    /// Batches that were not acknowledged, to be done in order; the partitions of each chain are held back meanwhile.
    private var chains: [[Batch]] = []
    private var assigned: Set<TopicPartition> = []
    /// The next offset of each partition that is to be acknowledged.
    private var positions: [TopicPartition: Int64] = [:]
    private var paused: Set<TopicPartition> = []

    init(
        _ configuration: MappingConfiguration, _ destination: OnFailureDestination?, _ function: any Function,
        _ statistics: MappingStatistics, notice: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        self.configuration = configuration
        self.destination = destination
        self.function = function
        self.statistics = statistics
        self.notice = notice
        envelope = EventEnvelope(configuration)
        builder = BatchBuilder(configuration, envelope)
        consumer = try Consumer(
            configuration.settings, group: configuration.consumerGroupID, start: configuration.startingPosition)
        consumer.onAssign = { [unowned self] in assign($0) }
        consumer.onRevoke = { [unowned self] in revoke($0, lost: $1) }
        consumer.onError = { [notice] in notice("Kafka: \($0)") }
        try consumer.subscribe(to: configuration.topics)
    }

    /// Works until `stops` says so; the batch in flight is finished and committed, then the group is left.
    func run(until stops: () -> Bool) {
        var lastLag: Int64 = 0
        while !stops() {
            let now = Clock.monotonic()
            if now - lastLag >= 250 {
                reportLag()
                lastLag = now
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
            if due == 0 || !poll(milliseconds: pause(now, atMost: min(due, 100))), builder.due(now: Clock.monotonic()) == 0 {
                process([builder.take(now: Clock.monotonic())])
            }
        }
        reportLag()
        consumer.close()
        function.shutDown()
    }

    /// Not longer than until the next retry.
    private func pause(_ now: Int64, atMost limit: Int64) -> Int32 {
        let retry = chains.map { max(0, $0[0].notBefore - now) }.min() ?? limit
        return Int32(min(limit, retry))
    }

    // MARK: Kafka

    /// True where a record came.
    private func poll(milliseconds: Int32) -> Bool {
        var partition: TopicPartition?
        let came = consumer.poll(milliseconds: milliseconds) { record, topic in
            let found = TopicPartition(topic: topic, partition: record.partition)
            builder.add(encoder.encode(record, topic: topic), found, now: Clock.monotonic())
            if positions[found] == nil { positions[found] = record.offset }
            partition = found
        }
        guard came, let partition else { return came }
        read += 1
        if read >= 1000 || !hasRead { flushRead() }
        // A partition that waits for a retry must not fill the memory; the others go on.
        let waiting = builder.backlog(partition)
        if !chains.isEmpty, isHeld(partition),
            waiting.records >= configuration.batchSize || waiting.bytes >= configuration.payloadLimit,
            paused.insert(partition).inserted
        {
            consumer.pause(partition, true)
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

    private func assign(_ partitions: [TopicPartition]) {
        assigned.formUnion(partitions)
        statistics.update { $0.rebalances += 1 }
        let names = partitions.sorted().map(\.description).joined(separator: ", ")
        notice("assigned: \(names.isEmpty ? "no partition (the group has more members than partitions)" : names)")
    }

    /// What was read of these partitions and not acknowledged is the next owner's to read.
    private func revoke(_ partitions: [TopicPartition], lost: Bool) {
        if lost { notice("the group went on without this member: its partitions are read by another from their last commit") }
        let gone = Set(partitions)
        assigned.subtract(gone)
        paused.subtract(gone)
        for partition in partitions { positions[partition] = nil }
        chains = chains.compactMap { chain in
            let left = chain.map { batch in batch.with(batch.runs.filter { !gone.contains($0.partition) }) }
                .filter { !$0.runs.isEmpty }
            return left.isEmpty ? nil : left
        }
        builder.drop(gone)
        statistics.update { for partition in gone { $0.lag[partition] = nil } }
    }

    private func commit(_ ends: [(TopicPartition, Int64)]) {
        guard !ends.isEmpty else { return }
        for (partition, offset) in ends { positions[partition] = offset }
        do {
            try consumer.commit(ends)
        } catch {
            // The records come again, to this member or another: at least once is all that is promised.
            notice("Kafka: \(error); these records will be delivered again")
        }
    }

    private func reportLag() {
        flushRead()
        let lags = assigned.map { partition in
            (partition, consumer.highWatermark(partition).map { max(0, $0 - (positions[partition] ?? $0)) })
        }
        statistics.update { for (partition, lag) in lags { $0.lag[partition] = lag ?? $0.lag[partition] } }
    }

    // MARK: Batches

    private func continueChain(_ index: Int) {
        let chain = chains.remove(at: index)
        let partitions = Set(chain.flatMap(\.runs).map(\.partition))
        builder.release(partitions, now: Clock.monotonic())
        process(chain)
    }

    /// Partitions that were stopped are read again once nothing of them waits for a retry and there is room.
    private func resume() {
        for partition in paused where !isHeld(partition) && builder.backlog(partition).records < configuration.batchSize {
            consumer.pause(partition, false)
            paused.remove(partition)
        }
    }

    private func isHeld(_ partition: TopicPartition) -> Bool {
        chains.contains { $0.contains { $0.runs.contains { $0.partition == partition } } }
    }

    /// Does the first batch of a chain and puts back what is left of it.
    private func process(_ chain: [Batch]) {
        guard let batch = chain.first else { return }
        let left = attempt(batch)
        let rest = chain.dropFirst()
        if rest.isEmpty {
            // Partitions that failed apart from each other are tried again apart from each other.
            for again in left { keep(again) }
        } else {
            keep((left.flatMap { $0 }) + rest)
        }
        resume()
    }

    private func keep(_ chain: [Batch]) {
        guard !chain.isEmpty else { return }
        chains.append(chain)
        builder.hold(chain.flatMap(\.runs).map(\.partition))
    }

    /// Invokes the function with the batch. Gives the chains that are left to do: none when all is done.
    private func attempt(_ given: Batch) -> [[Batch]] {
        var batch = given
        if let reason = batch.discard { return discard(batch, reason) }
        if let age = configuration.maximumRecordAge {
            let oldest = Clock.now() - age
            let (expired, rest) = batch.split { $0.timestamp >= 0 && $0.timestamp < oldest }
            if !expired.runs.isEmpty {
                let left = discard(expired, .recordTooOld)
                guard left.isEmpty else { return [left.flatMap { $0 } + (rest.runs.isEmpty ? [] : [rest])] }
                batch = rest
            }
        }
        guard !batch.runs.isEmpty else { return [] }
        let event = envelope.event(batch)
        guard event.count <= configuration.payloadLimit else { return discard(batch, .payloadTooLarge) }

        let invocation = function.invoke(event)
        batch.invocations += 1
        statistics.update {
            $0.invocations += 1
            $0.duration += invocation.report?.duration ?? 0
            $0.lastBatch = batch.recordCount
            $0.largestBatch = max($0.largestBatch, batch.recordCount)
        }
        lastRequestID = invocation.requestID
        switch invocation.outcome {
        case .success(let response): return settle(batch, response, event.count)
        case .functionError(let type, let message, _):
            outages = 0
            notice("\(name(batch)): the function failed: \(type): \(message)")
            return retry(batch)
        case .unavailable(let reason):
            // Says nothing about the batch: it does not count as one of its attempts.
            notice("\(name(batch)): the function could not be invoked: \(reason)")
            statistics.update { $0.errors += 1 }
            outages += 1
            batch.notBefore = Clock.monotonic() + configuration.backoff(afterFailures: outages)
            return [[batch]]
        }
    }

    private var lastRequestID = ""
    /// Invocations in a row that could not be made.
    private var outages = 0

    private func settle(_ batch: Batch, _ response: [UInt8], _ size: Int) -> [[Batch]] {
        outages = 0
        guard configuration.reportsBatchItemFailures else {
            acknowledge(batch, response, size)
            return []
        }
        switch BatchItemFailures(response: response, batch: batch) {
        case .none:
            acknowledge(batch, response, size)
            return []
        case .malformed(let why):
            notice("\(name(batch)): \(why); all of it will be tried again")
            return retry(batch)
        case .from(let offsets):
            let failedAt = { (run: Batch.Run) in offsets[run.partition] ?? .max }
            let done = batch.runs.map { run in
                Batch.Run(partition: run.partition, records: run.records.filter { $0.offset < failedAt(run) })
            }.filter { !$0.records.isEmpty }
            acknowledge(batch.with(done), response, size)
            statistics.update { $0.itemFailures += offsets.count }
            let left = offsets.map { "\($0.key)@\($0.value)" }.sorted().joined(separator: ", ")
            notice("\(name(batch)): not done from \(left) on")
            return batch.runs.filter { offsets[$0.partition] != nil }.flatMap { run in
                let records = run.records.filter { $0.offset >= failedAt(run) }
                var part = batch.with([Batch.Run(partition: run.partition, records: records)])
                // Where a prefix was done, what is left has failed once, not as often as the prefix before it.
                if records.count < run.records.count { part.failures = 0 }
                return retry(part, mayBisect: false)
            }
        }
    }

    private func acknowledge(_ batch: Batch, _ response: [UInt8], _ size: Int) {
        commit(batch.ends)
        let objects = (try? JSONDecoder().decode(Summary.self, from: Data(response)))?.objects ?? 0
        statistics.update {
            $0.acknowledged += batch.recordCount
            $0.acknowledgedBytes += size
            $0.objects += objects
            $0.lastAcknowledged = Double(Clock.monotonic()) / 1000
        }
    }

    private struct Summary: Decodable { var objects: Int? }

    private func retry(_ given: Batch, mayBisect: Bool = true) -> [[Batch]] {
        var batch = given
        statistics.update { $0.errors += 1 }
        if configuration.bisectsBatchOnFunctionError, mayBisect, batch.recordCount > 1 {
            // Splitting does not use up an attempt.
            let (first, second) = batch.halves()
            return [[first, second]]
        }
        batch.failures += 1
        if let limit = configuration.retryLimit(hasDestination: destination != nil), batch.failures > limit {
            return discard(batch, .retriesExhausted)
        }
        batch.notBefore = Clock.monotonic() + configuration.backoff(afterFailures: batch.failures)
        return [[batch]]
    }

    /// Gives a batch up: to the destination first, and only then is it committed.
    private func discard(_ given: Batch, _ reason: DiscardReason) -> [[Batch]] {
        var batch = given
        let event = envelope.event(batch)
        let record = FailureRecord(
            batch, reason, event: event, requestID: lastRequestID, configuration, now: Clock.now())
        do {
            let partition = batch.runs.first?.partition.description ?? ""
            try destination?.write(
                try record.json(), mappingID: configuration.mappingID, partition: partition, now: Clock.now())
        } catch {
            notice("\(name(batch)): the on-failure destination took nothing, so these records are kept: \(error)")
            outages += 1
            batch.discard = reason
            batch.notBefore = Clock.monotonic() + configuration.backoff(afterFailures: outages)
            return [[batch]]
        }
        commit(batch.ends)
        statistics.update { $0.discarded += batch.recordCount }
        let place = destination == nil ? "lost, as Lambda would lose them without an on-failure destination" : "now in the on-failure destination"
        notice("\(name(batch)): \(reason.rawValue): \(batch.recordCount) records are \(place)")
        return []
    }

    /// `prices-0@15…20 (6 records)`
    private func name(_ batch: Batch) -> String {
        let runs = batch.runs.prefix(3).map { run in
            "\(run.partition)@\(run.records.first?.offset ?? 0)…\(run.records.last?.offset ?? 0)"
        }
        let more = batch.runs.count > 3 ? " and \(batch.runs.count - 3) more partitions" : ""
        return "\(runs.joined(separator: ", "))\(more) (\(batch.recordCount) records)"
    }
}
