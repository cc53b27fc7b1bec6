import JSON

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads a record in the very form in which Lambda writes it: these members, in this order, without white space.
///
/// Nearly all records come so, and reading them member by member would cost four times the rest of the work. What
/// differs in any way (another order, an escape, a fraction, the end of the text) is not judged here: the caller
/// reads the record again, from its start, by the rules.
struct CompactRecord {
    /// Behind the text's last byte. Up to 40 bytes behind it are read, within a `ByteBuffer`'s slack.
    private let end: UnsafePointer<UInt8>

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
        guard skip("{\"topic\":\"", &at), let topic = string(&at), !topic.isEmpty,
            skip("\",\"partition\":", &at), let partition = digits(&at), partition <= Int32.max,
            skip(",\"offset\":", &at), let offset = digits(&at),
            skip(",\"timestamp\":", &at), let timestamp = digits(&at),
            skip(",\"timestampType\":", &at),
            skip("\"CREATE_TIME\"", &at) || text(&at, &record.value)
        else { return .different }
        record.key = nil
        if skip(",\"key\":", &at) { guard text(&at, &record.key) else { return .different } }
        guard skip(",\"value\":", &at), text(&at, &record.value), skip(",\"headers\":", &at) else { return .different }
        record.topic = topic
        record.partition = Int32(truncatingIfNeeded: partition)
        record.offset = offset
        record.timestamp = timestamp
        let headers = at
        if skip("[]}", &at) { return at <= end ? .whole(at) : .different }
        return headers < end ? .headers(headers) : .different
    }

    /// Moves `at` behind the literal if it stands there. With its length known, this is a word or two compared.
    @inline(__always)
    private func skip(_ literal: StaticString, _ at: inout UnsafePointer<UInt8>) -> Bool {
        guard memcmp(at, literal.utf8Start, literal.utf8CodeUnitCount) == 0 else { return false }
        at += literal.utf8CodeUnitCount
        return true
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
        return skip("null", &at)
    }

    /// A number of at most 18 digits, which no 64 bits overflow.
    @inline(__always)
    private func digits(_ at: inout UnsafePointer<UInt8>) -> Int64? {
        // Behind the text there may stand what is left of a longer event, in this very form: not to be followed.
        guard at < end else { return nil }
        let start = at
        var value = eightDigits(&at)
        while at.pointee &- 48 < 10, at - start < 19 {
            value = value &* 10 &+ Int64(at.pointee &- 48)
            at += 1
        }
        guard at <= end else { return nil }
        let count = at - start
        return count > 0 && count < 19 && (count == 1 || start.pointee != 48) ? value : nil
    }

    /// The value of the next eight bytes if they are digits, which are then passed over; 0 otherwise. Neighbours are
    /// added up in one word: tens, then hundreds, then ten thousands. Both architectures are little-endian.
    @inline(__always)
    private func eightDigits(_ at: inout UnsafePointer<UInt8>) -> Int64 {
        let word = UnsafeRawPointer(at).loadUnaligned(as: UInt64.self)
        let digits = word ^ 0x3030_3030_3030_3030
        guard (digits | digits &+ 0x7676_7676_7676_7676) & 0x8080_8080_8080_8080 == 0 else { return 0 }
        at += 8
        let tens = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
        let hundreds = (tens &* 100 &+ tens >> 16) & 0x0000_FFFF_0000_FFFF
        return Int64((hundreds &* 10_000 &+ hundreds >> 32) & 0xFFFF_FFFF)
    }
}
