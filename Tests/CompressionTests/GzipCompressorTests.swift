import Bytes
import Compression
import Foundation
import TestParts
import Testing

private func rows(_ count: Int) -> ByteBuffer {
    let buffer = ByteBuffer()
    for i in 0..<count { buffer.append("{\"Index\":\"GSPTSE\",\"Open\":\(3300 + i * 7919 % 1000).5}\n") }
    return buffer
}

/// Bytes that no compressor makes smaller.
private func noise(_ count: Int) -> ByteBuffer {
    var generator = SystemRandomNumberGenerator()
    let buffer = ByteBuffer()
    for _ in 0..<count { buffer.append(UInt8.random(in: 0...255, using: &generator)) }
    return buffer
}

private func gzip(_ body: ByteBuffer) throws -> ByteBuffer {
    let out = ByteBuffer()
    try GzipCompressor().compress(body.bytes, into: out)
    return out
}

/// What the system's gzip makes of it.
private func inflated(_ gzip: ByteBuffer) throws -> Data {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gz")
    try Data(gzip.bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try TestParts.output(
        of: LocalProcess("/usr/bin/env", ["gzip", "-dc", file.path], environment: ["PATH": "/usr/bin:/bin"]))
}

@Suite struct GzipCompressorTests {
    @Test func `What one compressor writes, body after body, gzip reads back, also where nothing shrinks`() throws {
        let compressor = try GzipCompressor()
        for body in [ByteBuffer(), rows(1), noise(3), rows(5000), noise(300_000), rows(40_000), rows(1)] {
            let out = ByteBuffer()
            try compressor.compress(body.bytes, into: out)
            #expect(try inflated(out) == Data(body.bytes))
        }
    }

    @Test func `The same rows give the same bytes, from a used compressor too, after what the buffer holds`() throws {
        let used = try GzipCompressor()
        let few = rows(300), many = rows(1000)
        let first = try gzip(many), second = ByteBuffer(capacity: 16)
        try used.compress(few.bytes, into: second)
        second.removeAll()
        second.append("before")
        try used.compress(many.bytes, into: second)
        #expect(Array(second.bytes) == Array("before".utf8) + Array(first.bytes))
        // RFC 1952: no name, no time.
        #expect(first.bytes[3] == 0)
        #expect(first.bytes[4..<8].allSatisfy { $0 == 0 })
    }
}

@Suite struct GzipTests {
    @Test func `What the compressor wrote is unpacked after what the buffer holds`() throws {
        for body in [rows(1), rows(5000), noise(100_000), ByteBuffer()] {
            let packed = try gzip(body), lines = ByteBuffer()
            lines.append("before")
            try Gzip.decompress(packed.bytes, into: lines)
            #expect(Array(lines.bytes) == Array("before".utf8) + Array(body.bytes))
        }
    }

    @Test func `A member with a changed, missing or additional byte is refused and leaves the buffer as it was`() throws
    {
        let whole = Array(try gzip(rows(50)).bytes)
        var damaged = (0..<whole.count).map { at in whole[..<at] + [~whole[at]] + whole[(at + 1)...] }
        // Flags, time and system of the head are not covered by anything.
        damaged.removeSubrange(3..<10)
        damaged += [1, 4, 8, whole.count / 2].map { whole[..<(whole.count - $0)] }
        damaged.append(whole[...] + [0])
        for bytes in damaged {
            let buffer = ByteBuffer(), lines = ByteBuffer()
            bytes.withUnsafeBytes { buffer.append($0) }
            #expect(throws: GzipError.notGzip) { try Gzip.decompress(buffer.bytes, into: lines) }
            #expect(lines.isEmpty)
        }
    }

    @Test func `Contents beyond the limit are refused, also where the member lies about them`() throws {
        let zeros = ByteBuffer()
        for _ in 0..<10_000 { zeros.append(0) }
        let packed = try gzip(zeros), lines = ByteBuffer()
        #expect(throws: GzipError.tooLong(limit: 9_999)) {
            try Gzip.decompress(packed.bytes, into: lines, limit: 9_999)
        }
        #expect(lines.isEmpty)
        try Gzip.decompress(packed.bytes, into: lines, limit: 10_000)
        #expect(lines.count == 10_000)
        let liar = ByteBuffer()
        liar.append(UnsafeRawBufferPointer(rebasing: packed.bytes.dropLast(4)))
        for byte: UInt8 in [100, 0, 0, 0] { liar.append(byte) }
        lines.removeAll()
        #expect(throws: GzipError.notGzip) { try Gzip.decompress(liar.bytes, into: lines, limit: 9_999) }
        #expect(lines.isEmpty)
    }
}
