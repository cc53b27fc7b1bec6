/// Bytes that lie within a `ByteBuffer`: `slack` bytes after them and `lead` bytes in front of them may be read, though
/// never written, whatever they hold. Vector code loads whole registers and masks what lies beyond the bytes, instead
/// of walking the last ones one by one.
///
/// Only a buffer makes one, and a part of one is another; so whoever takes one cannot be handed memory that ends where
/// the bytes end. As with `ByteBuffer.bytes`, it is valid until the buffer next changes.
@usableFromInline package struct PaddedBytes {
    /// How many bytes after the last one may be read.
    package static let slack = 64
    /// How many bytes in front of the first one may be read.
    package static let lead = 16

    /// The address of the first byte.
    @usableFromInline package let start: UnsafePointer<UInt8>
    /// The address after the last byte.
    @usableFromInline package let end: UnsafePointer<UInt8>

    /// The memory from `start` to `end` lies in a buffer: nobody outside this module can say so.
    @usableFromInline init(start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
        self.start = start
        self.end = end
    }

    @inlinable package var count: Int { end - start }

    @inlinable package var isEmpty: Bool { end == start }

    /// The bytes for those who read nothing beyond them.
    @inlinable package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The byte at an index from 0 to `count - 1`.
    @inlinable package subscript(_ index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return start[index]
    }

    /// The bytes at these indices, which count from 0 again.
    @inlinable package subscript(_ range: Range<Int>) -> PaddedBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return PaddedBytes(start: start + range.lowerBound, end: start + range.upperBound)
    }

    /// All bytes from this index on.
    @inlinable package func suffix(from index: Int) -> PaddedBytes { self[index..<count] }

    /// The first bytes, at most `most` of them.
    @inlinable package func prefix(_ most: Int) -> PaddedBytes { self[0..<min(most, count)] }

    /// The bytes between two addresses within these bytes. For readers that have compared the addresses with `end`
    /// already: this is checked in debug builds only.
    @inlinable package func part(from first: UnsafePointer<UInt8>, to last: UnsafePointer<UInt8>) -> PaddedBytes {
        assert(first >= start && first <= last && last <= end)
        return PaddedBytes(start: first, end: last)
    }
}
