import JSON

/// Reads a record in the very form in which Lambda writes it: these members, in this order, without white space.
///
/// Nearly all records come so, and reading them member by member would cost four times the rest of the work. What
/// differs in any way (another order, an escape, a fraction, the end of the text) is not judged here: the caller
/// reads the record again, from its start, by the rules.
struct CompactRecord {
    /// Read up to 16 bytes behind the text for a literal, and 32 for digits: within a `ByteBuffer`'s slack.
    private let end: UnsafePointer<UInt8>
    private let topic = Literal("{\"topic\":\"")
    private let partition = Literal("\",\"partition\":")
    private let offset = Literal(",\"offset\":")
    private let timestamp = Literal(",\"timestamp\":")
    private let timestampType = Literal(",\"timestampType\"")
    private let colon = Literal(":")
    private let key = Literal(",\"key\":")
    private let value = Literal(",\"value\":")
    private let headers = Literal(",\"headers\":")
    private let null = Literal("null")
    private let noHeaders = Literal("[]}")

    init(end: UnsafePointer<UInt8>) { self.end = end }

    /// How far a record was read.
    enum Outcome {
        /// To its end; the next byte stands here.
        case whole(UnsafePointer<UInt8>)
        /// To its headers, which are not empty and begin here.
        case headers(UnsafePointer<UInt8>)
        case different
    }

    /// Reads the record that begins at `start`, if it has that form.
    func read(at start: UnsafePointer<UInt8>, into record: inout KafkaRecord) -> Outcome {
        var at = start
        guard topic.skip(&at), let topic = string(&at), !topic.isEmpty, partition.skip(&at),
            let partition = digits(&at), partition <= Int32.max, offset.skip(&at), let offset = digits(&at),
            timestamp.skip(&at), let timestamp = digits(&at), timestampType.skip(&at),
            colon.skip(&at), text(&at, &record.value)
        else { return .different }
        if key.skip(&at) { guard text(&at, &record.key) else { return .different } }
        guard value.skip(&at), text(&at, &record.value), headers.skip(&at) else { return .different }
        record.topic = topic
        record.partition = Int32(truncatingIfNeeded: partition)
        record.offset = offset
        record.timestamp = timestamp
        let headersStart = at
        if noHeaders.skip(&at) { return at <= end ? .whole(at) : .different }
        return headersStart < end ? .headers(headersStart) : .different
    }

    /// A string that begins behind its quote; `at` is left on the closing one.
    private func string(_ at: inout UnsafePointer<UInt8>) -> UnsafeRawBufferPointer? {
        guard at < end else { return nil }
        let stop = JSONScan.stringStop(from: at, to: end)
        guard stop < end, stop.pointee == UInt8(ascii: "\"") else { return nil }
        defer { at = stop }
        return UnsafeRawBufferPointer(start: at, count: stop - at)
    }

    /// A string in its quotes, or null.
    private func text(_ at: inout UnsafePointer<UInt8>, _ result: inout UnsafeRawBufferPointer?) -> Bool {
        guard at < end else { return false }
        if at.pointee == UInt8(ascii: "\"") {
            at += 1
            guard let string = string(&at) else { return false }
            at += 1
            result = string
            return true
        }
        result = nil
        return null.skip(&at)
    }

    /// A number of at most 18 digits, which no 64 bits overflow.
    private func digits(_ at: inout UnsafePointer<UInt8>) -> Int64? {
        var value: Int64 = 0
        let start = at
        while at.pointee &- 48 < 10, at - start < 19 {
            value = value &* 10 &+ Int64(at.pointee &- 48)
            at += 1
        }
        let count = at - start
        return count > 0 && count < 19 && (count == 1 || start.pointee != 48) ? value : nil
    }
}

/// Up to 16 bytes that are compared at once, two words instead of a call.
private struct Literal {
    private let low: UInt64
    private let lowMask: UInt64
    private let high: UInt64
    private let highMask: UInt64
    private let count: Int

    init(_ text: StaticString) {
        let length = min(text.utf8CodeUnitCount, 16)
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: text.utf8Start, count: length))
        }
        low = words.0
        high = words.1
        count = length
        lowMask = Literal.mask(length)
        highMask = Literal.mask(length - 8)
    }

    /// Moves `at` behind the literal if it stands there. Reads 16 bytes in any case.
    @inline(__always)
    func skip(_ at: inout UnsafePointer<UInt8>) -> Bool {
        let bytes = UnsafeRawPointer(at)
        let first = bytes.loadUnaligned(as: UInt64.self)
        let second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        guard (first ^ low) & lowMask | (second ^ high) & highMask == 0 else { return false }
        at += count
        return true
    }

    /// Covers the first `count` bytes of a word, as memory orders them: both architectures are little-endian.
    private static func mask(_ count: Int) -> UInt64 {
        count >= 8 ? .max : count <= 0 ? 0 : 1 << UInt64(count * 8) - 1
    }
}
