import Bytes
import JSON
import Libc

/// Reads a record in the very form in which Lambda writes it: these members, in this order, without white space.
///
/// Nearly all records come so, and reading them member by member would cost four times the rest of the work. What
/// differs in any way (another order, an escape, a fraction, the end of the text) is not judged here: the caller
/// reads the record again, from its start, by the rules.
struct CompactRecord {
    /// Up to 40 bytes after its end are read, within the padding.
    private let event: PaddedBytes
    /// What the last record began with, up to its offset, and what that says; `nil` where it was not read here. Records
    /// come in runs of one topic-partition, whose heads are the same bytes: comparing them is a fraction of reading
    /// them.
    private var head: UnsafePointer<UInt8>?
    private var headLength = 0
    private var topic = UnsafeRawBufferPointer(start: nil, count: 0)
    private var partition: Int32 = 0

    init(in event: PaddedBytes) { self.event = event }

    private var end: UnsafePointer<UInt8> { event.end }

    /// How far a record was read.
    enum Outcome {
        /// To its end; the next byte is here.
        case whole(UnsafePointer<UInt8>)
        /// To its headers, which are not empty and begin here.
        case headers(UnsafePointer<UInt8>)
        case different
    }

    /// To be called before a record is read by the rules: what it says of itself in the end, naming its topic twice for
    /// example, is not known here, and the next one must not be taken for its neighbour.
    mutating func forgetHead() { head = nil }

    /// Reads the record that begins at `start`, if it has that form.
    @inline(__always)
    mutating func read(at start: UnsafePointer<UInt8>, into record: inout KafkaRecord) -> Outcome {
        var at = start
        record.continuesRun = skipHead(&at)
        guard record.continuesRun || readHead(&at), let offset = digits(&at),
            skip(",\"timestamp\":", &at), let timestamp = digits(&at),
            skip(",\"timestampType\":", &at),
            skipCreateTime(&at, &record) || text(&at, &record.timestampType)
        else { return .different }
        record.key = nil
        if skip(",\"key\":", &at) { guard text(&at, &record.key) else { return .different } }
        guard skip(",\"value\":", &at), text(&at, &record.value), skip(",\"headers\":", &at) else { return .different }
        record.topic = topic
        record.partition = partition
        record.offset = offset
        record.timestamp = timestamp
        let headers = at
        if skip("[]}", &at) { return at <= end ? .whole(at) : .different }
        return headers < end ? .headers(headers) : .different
    }

    @inline(__always)
    private func skipCreateTime(_ at: inout UnsafePointer<UInt8>, _ record: inout KafkaRecord) -> Bool {
        let start = at
        guard skip("\"CREATE_TIME\"", &at) else { return false }
        record.timestampType = event.part(from: start + 1, to: start + 12)
        return true
    }

    /// Reads topic and partition, and moves `at` to the offset's digits.
    private mutating func readHead(_ at: inout UnsafePointer<UInt8>) -> Bool {
        let start = at
        // Where the reading stops half-way, there is no head.
        head = nil
        guard skip("{\"topic\":\"", &at), let topic = string(&at), !topic.isEmpty,
            skip("\",\"partition\":", &at), let partition = digits(&at), partition <= Int32.max,
            skip(",\"offset\":", &at), at <= end
        else { return false }
        self.topic = topic.bytes
        self.partition = Int32(truncatingIfNeeded: partition)
        head = start
        headLength = at - start
        return true
    }

    /// Moves `at` to the offset's digits if the last record's head is repeated there.
    @inline(__always)
    private func skipHead(_ at: inout UnsafePointer<UInt8>) -> Bool {
        guard let head, end - at >= headLength else { return false }
        // Eight bytes at a time; the last ones, of more than eight in all, once more with those before them.
        let last = headLength &- 8
        var index = 0
        while index < last {
            guard word(head, index) == word(at, index) else { return false }
            index &+= 8
        }
        guard word(head, last) == word(at, last) else { return false }
        at += headLength
        return true
    }

    @inline(__always)
    private func word(_ bytes: UnsafePointer<UInt8>, _ index: Int) -> UInt64 {
        UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    /// Moves `at` past the literal if it is there. With its length known, this is a word or two compared.
    @inline(__always)
    private func skip(_ literal: StaticString, _ at: inout UnsafePointer<UInt8>) -> Bool {
        guard memcmp(at, literal.utf8Start, literal.utf8CodeUnitCount) == 0 else { return false }
        at += literal.utf8CodeUnitCount
        return true
    }

    /// A string that begins after its quote; `at` is left on the closing one.
    private func string(_ at: inout UnsafePointer<UInt8>) -> PaddedBytes? {
        guard at < end else { return nil }
        let stop = JSONScan.stringStop(from: at, in: event)
        guard stop < end, stop.pointee == UInt8(ascii: "\"") else { return nil }
        defer { at = stop }
        return event.part(from: at, to: stop)
    }

    /// A string in its quotes, or null.
    @inline(__always)
    private func text(_ at: inout UnsafePointer<UInt8>, _ result: inout PaddedBytes?) -> Bool {
        guard at < end else { return false }
        if at.pointee == UInt8(ascii: "\"") {
            at += 1
            guard let string = string(&at) else { return false }
            at += 1
            result = string
            return true
        }
        result = nil
        return skip("null", &at)
    }

    /// A number of at most 15 digits, which no 64 bits overflow.
    @inline(__always)
    private func digits(_ at: inout UnsafePointer<UInt8>) -> Int64? {
        // Behind the text there may stand what is left of a longer event, in this very form: not to be followed.
        guard at < end else { return nil }
        let start = at
        let word = self.word(start, 0)
        var count = digitCount(word)
        let value: Int64
        if count < 8 {
            guard count > 0 else { return nil }
            value = number(word, of: count)
        } else {
            let more = digitCount(self.word(start, 8))
            guard more < 8 else { return nil }
            count += more
            // The last eight once more as a whole: then the first ones count a hundred million each, however many.
            value = (more == 0 ? 0 : number(word, of: more) &* 100_000_000) &+ number(self.word(start, more), of: 8)
        }
        at += count
        return at <= end && (start.pointee != 48 || count == 1) ? value : nil
    }

    /// How many of the next eight bytes, from the first one on, are digits.
    @inline(__always)
    private func digitCount(_ word: UInt64) -> Int {
        // A byte that is not a digit has its highest bit set in one of the two. What it carries over reaches only the
        // bytes after it, since both architectures are little-endian.
        let digits = word ^ 0x3030_3030_3030_3030
        return ((digits | digits &+ 0x7676_7676_7676_7676) & 0x8080_8080_8080_8080).trailingZeroBitCount / 8
    }

    /// The number that the first 1 to 8 bytes, digits all, make. Neighbours are added up in one word: tens, then
    /// hundreds, then ten thousands.
    @inline(__always)
    private func number(_ word: UInt64, of count: Int) -> Int64 {
        let digits = (word ^ 0x3030_3030_3030_3030) &<< UInt64(64 &- 8 &* count)
        let tens = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
        let hundreds = (tens &* 100 &+ tens >> 16) & 0x0000_FFFF_0000_FFFF
        return Int64((hundreds &* 10_000 &+ hundreds >> 32) & 0xFFFF_FFFF)
    }
}
