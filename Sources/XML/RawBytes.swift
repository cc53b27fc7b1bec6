import Libc

extension UnsafeRawBufferPointer {
    package func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    /// The first place of `byte`, from `start` on.
    package func index(of byte: UInt8, from start: Int) -> Int? {
        guard let base = baseAddress, start < count, let found = memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    package func has(_ text: UnsafeRawBufferPointer, at start: Int) -> Bool {
        guard start >= 0, count - start >= text.count else { return false }
        guard let base = baseAddress, let other = text.baseAddress else { return text.isEmpty }
        return memcmp(base + start, other, text.count) == 0
    }

    package func has(_ text: StaticString, at start: Int) -> Bool { has(text.bytes, at: start) }

    package func contains(_ text: StaticString) -> Bool {
        var start = 0
        while let found = index(of: text.utf8Start[0], from: start) {
            if has(text, at: found) { return true }
            start = found + 1
        }
        return false
    }

    package func isEqual(to text: StaticString) -> Bool { count == text.utf8CodeUnitCount && has(text, at: 0) }

    /// Whether these bytes stand before `other` in the order of bytes, in which S3 sorts.
    package func isBefore(_ other: UnsafeRawBufferPointer) -> Bool {
        guard let base = baseAddress, let otherBase = other.baseAddress else { return isEmpty && !other.isEmpty }
        let order = memcmp(base, otherBase, Swift.min(count, other.count))
        return order == 0 ? count < other.count : order < 0
    }
}

extension StaticString {
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
