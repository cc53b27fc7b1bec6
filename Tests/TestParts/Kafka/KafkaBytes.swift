/// Kafka's primitive types, big-endian. What is not there reads as 0: the broker's clients are known to be sound.
/// https://kafka.apache.org/protocol#protocol_types
struct KafkaReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func peekSize() -> Int32 {
        var copy = self
        return copy.int32()
    }

    private mutating func integer(_ size: Int) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<size {
            value = value << 8 | UInt64(place < bytes.count ? bytes[place] : 0)
            place += 1
        }
        return value
    }

    mutating func int8() -> Int8 { Int8(truncatingIfNeeded: integer(1)) }
    mutating func int16() -> Int16 { Int16(truncatingIfNeeded: integer(2)) }
    mutating func int32() -> Int32 { Int32(truncatingIfNeeded: integer(4)) }
    mutating func int64() -> Int64 { Int64(truncatingIfNeeded: integer(8)) }

    private mutating func take(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, place + max(0, count))
        defer { place = end }
        return place < end ? Array(bytes[place..<end]) : []
    }

    /// `nil` reads as empty.
    mutating func string() -> String { String(decoding: take(Int(int16())), as: UTF8.self) }
    mutating func data() -> [UInt8] { take(Int(int32())) }

    mutating func array<Element>(_ element: (inout KafkaReader) -> Element) -> [Element] {
        (0..<max(0, int32())).map { _ in element(&self) }
    }
}

struct KafkaWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func integer(_ value: UInt64, _ size: Int) {
        for index in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    mutating func int8(_ value: Int8) { integer(UInt64(bitPattern: Int64(value)), 1) }
    mutating func int16(_ value: Int16) { integer(UInt64(bitPattern: Int64(value)), 2) }
    mutating func int32(_ value: Int32) { integer(UInt64(bitPattern: Int64(value)), 4) }
    mutating func int64(_ value: Int64) { integer(UInt64(bitPattern: value), 8) }

    mutating func varint(_ value: Int) {
        var zigzag = UInt64(bitPattern: Int64((value << 1) ^ (value >> 63)))
        while zigzag >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: zigzag) | 0x80)
            zigzag >>= 7
        }
        bytes.append(UInt8(zigzag))
    }

    mutating func raw(_ more: [UInt8]) { bytes += more }

    mutating func string(_ text: String) {
        int16(Int16(text.utf8.count))
        bytes += text.utf8
    }

    mutating func noString() { int16(-1) }

    mutating func data(_ more: [UInt8]) {
        int32(Int32(more.count))
        bytes += more
    }

    mutating func array<Elements: Collection>(
        _ elements: Elements, _ write: (inout KafkaWriter, Elements.Element) -> Void
    ) {
        int32(Int32(elements.count))
        for element in elements { write(&self, element) }
    }
}
