import Base64
import Bytes

@testable import Ingestion

/// A topic-partition's log: what a history produces and deliveries are cut from.
struct ModelLog {
    struct Record: Hashable {
        /// Counts the topics that were created under one name.
        var incarnation: Int
        var offset: Int64
        /// Tells every record of a history from every other, so that what is stored can be traced back.
        var timestamp: Int64
        var kind: Kind

        enum Kind: CaseIterable { case row, malformed, tombstone }
    }

    let name: TopicPartition
    private(set) var records: [Record] = []
    private(set) var incarnation = 0

    init(_ name: TopicPartition, _ random: inout SeededRandom, _ taken: inout Set<Int64>) {
        self.name = name
        fill(&random, &taken)
    }

    /// The topic is deleted and created again: offsets start anew, the records are others.
    mutating func recreate(_ random: inout SeededRandom, _ taken: inout Set<Int64>) {
        incarnation += 1
        fill(&random, &taken)
    }

    /// Some of the records go, as Kafka's compaction takes them: they need not be delivered any more.
    mutating func compact(_ random: inout SeededRandom) {
        records = records.filter { _ in Int.random(in: 0..<5, using: &random) > 0 }
    }

    /// Offsets with holes (compaction, transactions), times that run on through some hours but not in order.
    private mutating func fill(_ random: inout SeededRandom, _ taken: inout Set<Int64>) {
        records = []
        let holes = Bool.random(using: &random) ? 0.0 : 0.2
        let quarantined = Bool.random(using: &random) ? 0.0 : 0.3
        let disorder = Bool.random(using: &random) ? 1_000 : 3_600_000
        let pace = Int64.random(in: 60_000...300_000, using: &random)
        var offset: Int64 = 0
        var time: Int64 = 1_767_225_600_000
        for _ in 0..<Int.random(in: 5...60, using: &random) {
            if Double.random(in: 0..<1, using: &random) < holes { offset += Int64.random(in: 1...30, using: &random) }
            var timestamp = time + Int64(Int.random(in: -disorder...disorder, using: &random))
            while !taken.insert(timestamp).inserted { timestamp += 1 }
            let isBad = Double.random(in: 0..<1, using: &random) < quarantined
            let kind: Record.Kind = !isBad ? .row : Bool.random(using: &random) ? .malformed : .tombstone
            records.append(Record(incarnation: incarnation, offset: offset, timestamp: timestamp, kind: kind))
            offset += 1
            time += pace
        }
    }
}

/// Writes the event that brings `batches` of records.
func modelEvent(_ batches: [(TopicPartition, ArraySlice<ModelLog.Record>)]) -> ByteBuffer {
    let lists = batches.map { name, records in
        let items = records.map { record in
            let value: String
            switch record.kind {
            case .row: value = "\"\(base64("{\"timestamp\":\(record.timestamp)}"))\""
            case .malformed: value = "\"\(base64("{\"timestamp\":\(record.timestamp)"))\""
            case .tombstone: value = "null"
            }
            return #"{"topic":"\#(name.topic)","partition":\#(name.partition),"offset":\#(record.offset),"#
                + #""timestamp":\#(record.timestamp),"value":\#(value)}"#
        }
        return "\"\(name)\":[\(items.joined(separator: ","))]"
    }
    let event = ByteBuffer()
    event.append("{\"eventSource\":\"aws:kafka\",\"records\":{\(lists.joined(separator: ","))}}")
    return event
}

private func base64(_ text: String) -> String {
    let (plain, encoded) = (ByteBuffer(), ByteBuffer())
    plain.append(text)
    Base64.encode(plain.bytes, appendingTo: encoded)
    return encoded.text
}

/// The timestamp that a stored line, a row's or a rejected record's, was written with.
func modelTimestamp(_ line: String) -> Int64? {
    guard let range = line.firstRange(of: "\"timestamp\":") else { return nil }
    return Int64(line[range.upperBound...].prefix { $0.isNumber || $0 == "-" })
}
