import Base64
import Bytes

@testable import Ingestion

/// A topic-partition's log: what a history produces and deliveries are cut from.
struct ModelLog {
    struct Record: Hashable {
        /// Counts the topics that were created under one name.
        var incarnation: Int
        var offset: Int64
        var timestamp: Int64
        var kind: Kind
        /// Tells every record of a history from every other, so that what is stored can be traced back.
        var id: Int64

        enum Kind: CaseIterable { case row, malformed, tombstone }

        /// - Parameter id: the timestamp unless told.
        init(incarnation: Int = 0, offset: Int64, timestamp: Int64, kind: Kind = .row, id: Int64? = nil) {
            self.incarnation = incarnation
            self.offset = offset
            self.timestamp = timestamp
            self.kind = kind
            self.id = id ?? timestamp
        }
    }

    /// What the records' times are: each its own, one for all, or Kafka's word for none.
    enum Times { case distinct, equal, absent }

    let name: TopicPartition
    private(set) var records: [Record] = []
    private(set) var incarnation = 0
    private let times: Times

    init(_ name: TopicPartition, _ times: Times, _ random: inout SeededRandom, _ taken: inout Set<Int64>) {
        self.name = name
        self.times = times
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

    /// Offsets with holes (compaction, transactions; now and then wider than an object may be), times that run on
    /// through some hours but not in order.
    private mutating func fill(_ random: inout SeededRandom, _ taken: inout Set<Int64>) {
        records = []
        let holes = Bool.random(using: &random) ? 0.0 : 0.2
        let widest: Int64 = Int.random(in: 0..<5, using: &random) == 0 ? 6_000 : 30
        let quarantined = Bool.random(using: &random) ? 0.0 : 0.3
        let disorder = Bool.random(using: &random) ? 1_000 : 3_600_000
        let pace = Int64.random(in: 60_000...300_000, using: &random)
        var offset: Int64 = 0
        var time: Int64 = 1_767_225_600_000
        for _ in 0..<Int.random(in: 5...60, using: &random) {
            if Double.random(in: 0..<1, using: &random) < holes {
                offset += Int64.random(in: 1...widest, using: &random)
            }
            var id = time + Int64(Int.random(in: -disorder...disorder, using: &random))
            while !taken.insert(id).inserted { id += 1 }
            let isBad = Double.random(in: 0..<1, using: &random) < quarantined
            let kind: Record.Kind = !isBad ? .row : Bool.random(using: &random) ? .malformed : .tombstone
            let timestamp: Int64 =
                switch times {
                case .distinct: id
                case .equal: 1_767_225_600_000
                case .absent: -1
                }
            records.append(
                Record(incarnation: incarnation, offset: offset, timestamp: timestamp, kind: kind, id: id))
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
            case .row: value = "\"\(base64("{\"timestamp\":\(record.timestamp),\"id\":\(record.id)}"))\""
            case .malformed: value = "\"\(base64("{\"timestamp\":\(record.timestamp)"))\""
            case .tombstone: value = "null"
            }
            // Digits are base64 too, of whatever.
            return #"{"topic":"\#(name.topic)","partition":\#(name.partition),"offset":\#(record.offset),"#
                + #""timestamp":\#(record.timestamp),"key":"\#(digits(record.id))","value":\#(value)}"#
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

/// Sixteen digits.
private func digits(_ id: Int64) -> String {
    let text = String(id)
    return String(repeating: "0", count: 16 - text.count) + text
}

/// The timestamp that a stored line, a row's or a rejected record's, was written with.
func modelTimestamp(_ line: String) -> Int64? { number(in: line, after: "\"timestamp\":") }

/// Whose line it is: a row says so itself, a rejected record by its key.
func modelID(_ line: String) -> Int64? { number(in: line, after: "\"id\":") ?? number(in: line, after: "\"key\":\"") }

private func number(in line: String, after name: String) -> Int64? {
    var line = line
    return line.withUTF8 { text in
        name.utf8.withContiguousStorageIfAvailable { name in
            var start = 0
            while start + name.count <= text.count {
                if text[start] == name[0], text[start..<start + name.count].elementsEqual(name) {
                    let digits = text[(start + name.count)...].prefix { $0 == 45 || (48...57).contains($0) }
                    return Int64(String(decoding: digits, as: UTF8.self))
                }
                start += 1
            }
            return nil
        } ?? nil
    }
}
