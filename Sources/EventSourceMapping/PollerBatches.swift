import Foundation
import FunctionHost
import Kafka
import UTC

/// What becomes of a batch: acknowledged, retried, split or discarded.
extension Poller {
    func continueChain(_ index: Int) {
        let chain = chains.remove(at: index)
        let partitions = Set(chain.flatMap(\.runs).map(\.partition))
        builder.release(partitions, now: Clock.monotonic())
        process(chain)
    }

    /// Does the first batch of a chain and puts back what is left of it.
    func process(_ chain: [Batch]) {
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
        return invoke(batch, event)
    }

    private func invoke(_ given: Batch, _ event: [UInt8]) -> [[Batch]] {
        var batch = given
        let started = Clock.monotonic()
        let invocation = function.invoke(event)
        let elapsed = Double(Clock.monotonic() - started)
        statistics.update {
            $0.invocations += 1
            $0.duration += invocation.report?.duration ?? elapsed
            $0.lastBatch = batch.recordCount
            $0.largestBatch = max($0.largestBatch, batch.recordCount)
        }
        switch invocation.outcome {
        case .success(let response):
            batch.was(invocation)
            return settle(batch, response, event.count)
        case .functionError(let type, let message, _):
            batch.was(invocation)
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
            notice("\(name(batch)): \(why); all of it will be retried")
            return retry(batch)
        case .from(let offsets): return retry(batch, from: offsets, response, size)
        }
    }

    /// Acknowledges what comes before each partition's first offset that is not done, and retries what follows.
    private func retry(
        _ batch: Batch, from offsets: [TopicPartition: Int64], _ response: [UInt8], _ size: Int
    ) -> [[Batch]] {
        let failedAt = { (run: Batch.Run) in offsets[run.partition] ?? .max }
        let done = batch.runs.map { run in
            Batch.Run(partition: run.partition, records: run.records.filter { $0.offset < failedAt(run) })
        }.filter { !$0.records.isEmpty }
        acknowledge(batch.with(done), response, size)
        statistics.update { $0.itemFailures += offsets.count }
        let left = offsets.map { "\($0.key)@\($0.value)" }.sorted().joined(separator: ", ")
        notice("\(name(batch)): not processed from \(left) onward")
        return batch.runs.filter { offsets[$0.partition] != nil }.flatMap { run in
            let records = run.records.filter { $0.offset >= failedAt(run) }
            var part = batch.with([Batch.Run(partition: run.partition, records: records)])
            // Where a prefix was done, what is left has failed once, not as often as the prefix before it.
            if records.count < run.records.count { part.failures = 0 }
            return retry(part, mayBisect: false)
        }
    }

    private func acknowledge(_ batch: Batch, _ response: [UInt8], _ size: Int) {
        finish(batch, acknowledged: true)
        let objects = (try? JSONDecoder().decode(Summary.self, from: Data(response)))?.objects ?? 0
        statistics.update {
            $0.acknowledgedBytes += size
            // The answer is the function's to make up: no number of it may end the mapping.
            $0.objects = $0.objects.addingReportingOverflow(max(0, objects)).partialValue
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

    /// Discards a batch: to the destination first, and only then may it be committed.
    private func discard(_ given: Batch, _ reason: DiscardReason) -> [[Batch]] {
        var batch = given
        let event = envelope.event(batch)
        let record = FailureRecord(batch, reason, event: event, configuration, now: Clock.now())
        do {
            let partition = batch.runs.first?.partition.description ?? ""
            try destination?.write(
                try record.json(), mappingID: configuration.mappingID, partition: partition, now: Clock.now())
        } catch {
            notice("\(name(batch)): the on-failure destination accepted nothing, so these records are kept: \(error)")
            outages += 1
            batch.discard = reason
            batch.notBefore = Clock.monotonic() + configuration.backoff(afterFailures: outages)
            return [[batch]]
        }
        finish(batch, acknowledged: false)
        statistics.update { $0.discarded += batch.recordCount }
        let count = batch.recordCount
        let place =
            destination == nil
            ? "lost, as Lambda would lose \(count == 1 ? "it" : "them") without an on-failure destination"
            : "now in the on-failure destination"
        notice("\(name(batch)): \(reason.rawValue): \(counted(count, "record")) \(count == 1 ? "is" : "are") \(place)")
        return []
    }

    /// `prices-0@15…20 (6 records)`
    private func name(_ batch: Batch) -> String {
        let runs = batch.runs.prefix(3).map { run in
            "\(run.partition)@\(run.records.first?.offset ?? 0)…\(run.records.last?.offset ?? 0)"
        }
        let more = batch.runs.count > 3 ? " and \(counted(batch.runs.count - 3, "more partition"))" : ""
        return "\(runs.joined(separator: ", "))\(more) (\(counted(batch.recordCount, "record")))"
    }
}

/// `1 record`, `2 records`
func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
