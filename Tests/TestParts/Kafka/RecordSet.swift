/// A record batch of version 2, as it lies in the log and is sent.
/// https://kafka.apache.org/documentation/#recordbatch
struct RecordSet {
    let base: Int64
    let count: Int64
    let timestamps: [Int64]
    let bytes: [UInt8]

    init(_ records: [KafkaBroker.Record], base: Int64) {
        self.init(
            base: base, attributes: 0, timestamps: records.map(\.timestamp),
            records: records.map { (nil, Array($0.value.utf8)) })
    }

    /// The end of a transaction: one control record, of version 0 and type 1 (commit).
    static func commitMarker(base: Int64) -> RecordSet {
        RecordSet(base: base, attributes: 0x30, timestamps: [0], records: [([0, 0, 0, 1], [0, 0, 0, 0, 0, 0])])
    }

    private init(base: Int64, attributes: Int16, timestamps: [Int64], records: [(key: [UInt8]?, value: [UInt8])]) {
        self.base = base
        self.count = Int64(records.count)
        self.timestamps = timestamps
        let first = timestamps.first ?? 0
        var body = KafkaWriter()
        body.int16(attributes)
        body.int32(Int32(records.count) - 1)
        body.int64(first)
        body.int64(timestamps.max() ?? first)
        body.int64(attributes == 0 ? -1 : 1)  // producer
        body.int16(attributes == 0 ? -1 : 0)  // its epoch
        body.int32(-1)  // sequence
        body.int32(Int32(records.count))
        for (index, record) in records.enumerated() {
            var one = KafkaWriter()
            one.int8(0)
            one.varint(Int(timestamps[index] - first))
            one.varint(index)
            one.varint(record.key?.count ?? -1)
            one.raw(record.key ?? [])
            one.varint(record.value.count)
            one.raw(record.value)
            one.varint(0)  // headers
            body.varint(one.bytes.count)
            body.raw(one.bytes)
        }
        var batch = KafkaWriter()
        batch.int64(base)
        batch.int32(Int32(body.bytes.count) + 9)
        batch.int32(0)  // leader epoch
        batch.int8(2)
        batch.int32(Int32(bitPattern: Self.crc32c(body.bytes)))
        batch.raw(body.bytes)
        bytes = batch.bytes
    }

    private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var remainder: UInt32 = ~0
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82f6_3b78 : 0) }
        }
        return ~remainder
    }
}
