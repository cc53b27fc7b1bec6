import Libc

/// A growable run of bytes outside Swift's arrays: memory is neither zeroed before it is written nor
/// given back before the buffer goes, so a buffer that is emptied and filled again for every invocation
/// costs its pages once.
///
/// It is a reference type on purpose: libcurl keeps the address of a body while it sends, and a copy of a
/// value type made at the wrong moment would move it. Anything that takes `bytes` must be done with them
/// before the buffer next changes, and must keep the buffer: `f(makeBuffer().bytes)` reads freed memory.
///
/// The three fields are not checked for overlapping access at run time: the class is not `Sendable`, and no method
/// hands one out while it changes it. The checks would cost more than the bytes that are written.
public final class ByteBuffer {
    /// The address of the first byte. Moves when the buffer grows.
    @exclusivity(unchecked) public private(set) var base: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) @usableFromInline var end = 0
    /// How many bytes fit before the buffer must grow.
    @exclusivity(unchecked) public private(set) var capacity: Int

    public init(capacity: Int = 64) {
        self.capacity = max(capacity, 16)
        base = Self.allocate(nil, self.capacity)
    }

    deinit { free(base - PaddedBytes.lead) }

    /// The written bytes, valid until the buffer next changes.
    @inlinable public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The same bytes for vector code, which reads beyond their ends.
    @inlinable package var padded: PaddedBytes { PaddedBytes(start: base, end: base + end) }

    /// How many bytes have been written.
    @inlinable public var count: Int { end }

    @inlinable public var isEmpty: Bool { end == 0 }

    /// Makes room for `additional` more bytes, at least doubling when it must grow.
    @inlinable public func reserve(_ additional: Int) {
        if additional > capacity - count { grow(to: count + additional) }
    }

    @inlinable public func append(_ byte: UInt8) {
        reserve(1)
        base[end] = byte
        end += 1
    }

    @inlinable public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        memcpy(base + count, source, bytes.count)
        end += bytes.count
    }

    /// A literal is taken for a `StaticString` (below), which is some bytes at a known address, rather than for this.
    @_disfavoredOverload public func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    @inlinable public func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Hands out room for `limit` bytes at the end; `body` writes from its start and returns how many it wrote.
    @inlinable public func appendUninitialized<Failure: Error>(
        atMost limit: Int, _ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(limit)
        let written = try body(base + count)
        precondition(written >= 0 && written <= limit)
        end += written
    }

    /// Appends `value` in decimal digits, padded with zeros on the left to `width`, at most 64.
    public func append(decimal value: Int64, width: Int = 0) {
        var rest = value.magnitude
        var digits = 1
        var high = rest
        while high >= 10_000 {
            high /= 10_000
            digits += 4
        }
        digits += high >= 1_000 ? 3 : high >= 100 ? 2 : high >= 10 ? 1 : 0
        if value < 0 { append(UInt8(ascii: "-")) }
        let length = max(digits, min(width, 64))
        reserve(length)
        // Two digits a division, the last ones first.
        var at = end + length
        while at - end >= 2 {
            let pair = UInt8(truncatingIfNeeded: rest % 100)
            rest /= 100
            at -= 2
            base[at] = 48 + pair / 10
            base[at + 1] = 48 + pair % 10
        }
        if at > end { base[end] = UInt8(truncatingIfNeeded: 48 + rest) }
        end += length
    }

    /// Drops what was written after the first `count` bytes; the memory stays.
    @inlinable public func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        end = count
    }

    @inlinable public func removeAll() { end = 0 }

    /// A copy of the bytes as text; what is not UTF-8 is replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    @usableFromInline func grow(to needed: Int) {
        capacity = max(needed, capacity * 2)
        base = Self.allocate(base, capacity)
    }

    /// Out of memory ends the process, as it does everywhere in Swift: Lambda starts a new one and redelivers.
    private static func allocate(_ old: UnsafeMutablePointer<UInt8>?, _ size: Int) -> UnsafeMutablePointer<UInt8> {
        guard let new = realloc(old.map { $0 - PaddedBytes.lead }, PaddedBytes.lead + size + PaddedBytes.slack) else {
            fatalError("out of memory: \(size) bytes")
        }
        return new.assumingMemoryBound(to: UInt8.self) + PaddedBytes.lead
    }
}
