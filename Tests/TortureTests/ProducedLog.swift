import Foundation

/// What a producer wrote to one topic-partition: each offset's record is computed from the offset, so that a
/// redelivery brings the same one.
struct ProducedLog: Sendable {
    var topic: String
    var partition = 0
    /// Every so many offsets one is missing, as in a compacted topic; 0 for none.
    var holeEvery = 0
    /// Records of three hours lie interleaved, and time runs backwards now and then.
    var mixesHours = true

    var name: String { "\(topic)-\(partition)" }

    func isHole(_ offset: Int) -> Bool { holeEvery > 0 && offset % holeEvery == holeEvery - 1 }

    func holes(_ range: Range<Int>) -> [Int] { range.filter(isHole) }

    func timestamp(_ offset: Int) -> Int {
        // 2026-01-01T00:00:00Z, a minute an offset; every so often an hour early or late.
        let base = 1_767_225_600_000 + offset * 60_000 / 8
        guard mixesHours else { return base }
        var scrambled = UInt64(offset / 3) &* 0x9E37_79B9_7F4A_7C15
        scrambled ^= scrambled >> 29
        return base + (Int(scrambled % 3) - 1) * 3_600_000
    }

    /// The record as the mapping writes it. One in eleven cannot become a row.
    private func record(_ offset: Int) -> String {
        let time = timestamp(offset)
        let value: String
        switch offset % 22 {
        case 5: value = "null"
        case 16: value = "\"\(Data("not json \(offset)".utf8).base64EncodedString())\""
        default:
            let json =
                "{\"o\":\(offset),\"t\":\(time),\"text\":\"\(String(repeating: "x", count: offset * 37 % 400))\"}"
            value = "\"\(Data(json.utf8).base64EncodedString())\""
        }
        return """
            {"topic":"\(topic)","partition":\(partition),"offset":\(offset),"timestamp":\(time),\
            "timestampType":"CREATE_TIME","key":null,"value":\(value),"headers":[]}
            """
    }

    func list(_ range: Range<Int>) -> String {
        "\"\(name)\":[" + range.filter { !isHole($0) }.map(record).joined(separator: ",") + "]"
    }

    static func event(_ parts: [(ProducedLog, Range<Int>)]) -> String {
        """
        {"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:eu-central-1:000000000000:cluster/c/1",\
        "bootstrapServers":"b-1:9092","records":{\(parts.map { $0.0.list($0.1) }.joined(separator: ","))}}
        """
    }
}

/// Random numbers that come again with the same seed (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From `TORTURE_SEED`, or else a new one.
    static func seed() -> UInt64 {
        ProcessInfo.processInfo.environment["TORTURE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0..<1_000_000_000)
    }
}
