@testable import Ingestion

/// Where the line is drawn.
///
/// What a delivery still has to store of a folder and partition falls into *runs*: records one after the other that
/// nobody has stored. It writes each run under the key of its first record. Of two deliveries at the same moment whose
/// runs have records in common, both must begin those runs with the same record: then they compete for one key, and S3
/// lets one of them win. Where one begins a run in the midst of the other's, as when 100–149 and the batch 100–199 of
/// which it is the second half are under way at once and 100–149 lies nowhere, no store without leases can keep them
/// apart; the README says so, and such pairs are not made here. Pairs that have the same start and another end are, and
/// those whose starts differ by what is stored already, and those that have no record in common.
///
/// The upload of a dead sandbox is such a delivery as well, until it lands. It may land at any moment before the next
/// pause; but where a delivery begins that is not to meet it (its run begins elsewhere, or settings have changed and
/// with them the ending of the key), it has landed before.
///
/// Deliveries in order never come into this: they begin at or before the first record that nobody has stored. Nor do
/// those of at-least-once, to which duplicates are allowed.
extension History {
    private struct Stem: Hashable {
        var partition: Int
        var period: Int64
        var isRow: Bool
    }

    private var hasRaces: Bool { kind != .inOrder && kind != .atLeastOnce }

    /// Whether this may run along with what is running.
    func mayBegin(_ cuts: [Cut]) -> Bool {
        guard hasRaces, !running.isEmpty else { return true }
        let firsts = runs(cuts)
        return running.allSatisfy { other in
            runs(other).allSatisfy { id, first in firsts[id].map { $0 == first } ?? true }
        }
    }

    /// Lets those uploads of the dead land of which the delivery may not be surprised.
    func settleWrites(before cuts: [Cut]) {
        guard hasRaces, !bucket.underWay.isEmpty else { return }
        let firsts = runs(cuts)
        let ids = Set(cuts.flatMap { $0.records.map(\.id) })
        let ending = settings["COMPRESSION"] == "gzip" ? ".json.gz" : ".json"
        bucket.landAll { key, object in
            guard key.hasSuffix(ending) else { return object.ids.contains(where: ids.contains) }
            // Under a key that is taken it lands without a trace.
            guard bucket.objects[key] == nil else { return false }
            return object.ids.contains { id in firsts[id].map { $0 != object.ids.first } ?? false }
        }
    }

    /// For each record that is still to be stored, the first one of its run.
    private func runs(_ cuts: [Cut]) -> [Int64: Int64] {
        var firsts: [Int64: Int64] = [:]
        var open: [Stem: Int64] = [:]
        for cut in cuts {
            for record in cut.records {
                let stem = Stem(
                    partition: cut.partition, period: TimePeriod(of: record.timestamp, timePartition).start,
                    isRow: record.kind == .row)
                guard bucket.copies[record.id] == nil else {
                    open[stem] = nil
                    continue
                }
                let first = open[stem] ?? record.id
                open[stem] = first
                firsts[record.id] = first
            }
        }
        return firsts
    }
}
