import Bytes

/// Response headers; names match whatever their case (RFC 9110 § 5.1).
///
/// The lines are kept as they came: a response has a dozen of them, and few are ever read.
package struct HTTPHeaders {
    private var text: [UInt8] = []
    private var fields: [(name: Range<Int>, value: Range<Int>)] = []

    package init() {}

    package var all: [(name: String, value: String)] { fields.map { (string($0.name), string($0.value)) } }

    /// The first value under `name`, or `nil` where there is none or it is empty.
    package subscript(name: String) -> String? {
        var name = name
        return name.withUTF8 { name in
            let field = fields.first { isSameName($0.name, name) }
            return field.flatMap { $0.value.isEmpty ? nil : string($0.value) }
        }
    }

    package mutating func add(_ name: String, _ value: String) {
        fields.append((append(name.utf8), append(value.utf8)))
    }

    /// White space around the two is left out.
    mutating func add(name: Slice<UnsafeRawBufferPointer>, value: Slice<UnsafeRawBufferPointer>) {
        fields.append((append(trimmed(name)), append(trimmed(value))))
    }

    private mutating func append(_ bytes: some Collection<UInt8>) -> Range<Int> {
        let start = text.count
        text.append(contentsOf: bytes)
        return start..<text.count
    }

    private func string(_ range: Range<Int>) -> String {
        text.withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    private func isSameName(_ range: Range<Int>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard range.count == name.count else { return false }
        return text.withUnsafeBufferPointer { text in
            for index in name.indices where lowercased(text[range.lowerBound + index]) != lowercased(name[index]) {
                return false
            }
            return true
        }
    }
}

/// Whether two headers' names are the same (RFC 9110 § 5.1).
func isSameName(_ left: String, _ right: StaticString) -> Bool {
    var left = left
    return left.withUTF8 { left in
        guard left.count == right.utf8CodeUnitCount else { return false }
        for index in left.indices where lowercased(left[index]) != lowercased(right.utf8Start[index]) { return false }
        return true
    }
}

private func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

private func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> UnsafeRawBufferPointer {
    var start = bytes.startIndex
    var end = bytes.endIndex
    while start < end, bytes[start] <= 0x20 { start += 1 }
    while start < end, bytes[end - 1] <= 0x20 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes.base[start..<end])
}
