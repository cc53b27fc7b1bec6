import Bytes

extension ObjectDraft {
    /// Whether each line of the range is in `stored`, in this order; others may be between them.
    func lines(_ range: Range<Int>, areAmong stored: UnsafeRawBufferPointer) -> Bool {
        var rest = stored[...]
        for index in range {
            let line = SoughtLine(lines(index..<index + 1), records[index], topicPartition)
            while true {
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return false }
                let candidate = UnsafeRawBufferPointer(rebasing: rest[...end])
                rest = rest[(end + 1)...]
                if line.isSameRecord(as: candidate) { break }
            }
        }
        return true
    }
}

/// A line about to be stored, to be found among those that are.
private struct SoughtLine {
    let bytes: UnsafeRawBufferPointer
    /// What the record's metadata says of its place, ignoring anything else in it.
    private let place: ByteBuffer

    init(_ bytes: UnsafeRawBufferPointer, _ mark: ObjectDraft.Mark, _ topicPartition: TopicPartition) {
        self.bytes = bytes
        place = ByteBuffer(capacity: 128)
        place.append("\"kafka_partition\":")
        place.append(decimal: Int64(topicPartition.partition))
        place.append(",\"kafka_offset\":")
        place.append(decimal: mark.offset)
        place.append(",\"kafka_timestamp\":")
        place.append(decimal: mark.timestamp)
        place.append(",")
    }

    /// A line with record metadata and one without are the same record if their values are, and two with metadata of
    /// different kinds if that names the same place: the setting was changed between the two deliveries.
    func isSameRecord(as stored: UnsafeRawBufferPointer) -> Bool {
        if bytes.count == stored.count, bytes.elementsEqual(stored) { return true }
        let (shorter, longer) = bytes.count > stored.count ? (stored, bytes) : (bytes, stored)
        if addsMetadata(longer, to: shorter) { return true }
        let common = zip(bytes, stored).prefix { $0 == $1 }.count
        return common > place.count && contains(place.bytes, in: bytes[..<common])
    }

    /// Whether the line is the shorter one with the members that `RowMetadata` inserts before its last brace.
    private func addsMetadata(_ line: UnsafeRawBufferPointer, to shorter: UnsafeRawBufferPointer) -> Bool {
        let value = valueBeforeBrace(shorter)
        guard line.starts(with: value) else { return false }
        var rest = line[value.count...].drop { $0 <= 0x20 }
        if rest.first == UInt8(ascii: ",") { rest = rest.dropFirst() }
        return rest.starts(with: "\"kafka_topic\":".utf8)
    }

    /// Without white space at its end.
    private func valueBeforeBrace(_ line: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        var rest = line[...]
        while let last = rest.popLast(), last != UInt8(ascii: "}") {}
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        return rest
    }

    /// From the end, where metadata stands.
    private func contains(_ part: UnsafeRawBufferPointer, in line: Slice<UnsafeRawBufferPointer>) -> Bool {
        (0...line.count - part.count).reversed().contains { line[$0...].starts(with: part) }
    }
}
