@testable import Ingestion

extension History {
    /// What went wrong on the way, and what is stored against what was produced.
    func faultsFound() -> [String] {
        var found = faults
        for key in bucket.sortedKeys {
            guard let object = bucket.objects[key] else { continue }
            let records = object.ids.compactMap { produced[$0] }
            if records.count != object.lines.count || records.isEmpty {
                found.append("\(key) holds a line of no record")
            }
            if records.map(\.offset) != records.map(\.offset).sorted() { found.append("\(key) is out of order") }
            if records.first?.offset != object.metadata.firstOffset
                || records.last?.offset != object.metadata.lastOffset
                || records.count != object.metadata.recordCount
            {
                found.append("\(key) does not hold what its metadata says")
            }
            if Set(records.map(\.incarnation)).count > 1 { found.append("\(key) mixes two topics") }
        }
        if kind != .atLeastOnce {
            for (id, count) in bucket.copies.sorted(by: { $0.key < $1.key }) where count > 1 {
                found.append("\(produced[id].map { "\($0)" } ?? "?") is stored \(count) times")
            }
        }
        for log in logs where faults.isEmpty {
            for record in log.records where bucket.copies[record.id] == nil { found.append("\(record) is missing") }
        }
        return found
    }
}
