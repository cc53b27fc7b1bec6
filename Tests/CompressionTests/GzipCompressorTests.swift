import Bytes
import Compression
import Foundation
import Testing

private func rows(_ count: Int) -> ByteBuffer {
    let buffer = ByteBuffer()
    for i in 0..<count { buffer.append("{\"Index\":\"GSPTSE\",\"Open\":\(3300 + i * 7919 % 1000).5}\n") }
    return buffer
}

/// What the system's gzip makes of it.
private func inflated(_ gzip: ByteBuffer) throws -> Data {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gz")
    try Data(gzip.bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process(), output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", file.path]
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return data
}

@Suite struct GzipCompressorTests {
    @Test(arguments: GzipCompressor.levels)
    func `What every level writes, gzip reads back`(level: Int) throws {
        let compressor = try GzipCompressor(level: level)
        for body in [ByteBuffer(), rows(1), rows(5000)] {
            let out = ByteBuffer()
            try compressor.compress(body.bytes, into: out)
            #expect(try inflated(out) == Data(body.bytes))
        }
    }

    @Test func `The same rows give the same bytes, from a used compressor too, behind what the buffer holds`() throws {
        let used = try GzipCompressor(level: 6), fresh = try GzipCompressor(level: 6)
        let few = rows(300), many = rows(1000)
        let first = ByteBuffer(), second = ByteBuffer(capacity: 16)
        try used.compress(few.bytes, into: second)
        try fresh.compress(many.bytes, into: first)
        second.removeAll()
        second.append("before")
        try used.compress(many.bytes, into: second)
        #expect(Array(second.bytes) == Array("before".utf8) + Array(first.bytes))
        // RFC 1952: no name, no time.
        #expect(first.bytes[3] == 0)
        #expect(first.bytes[4..<8].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [0, 13, -1, .max])
    func `A level that does not exist is refused by name`(level: Int) {
        #expect(throws: GzipError.level(level)) { try GzipCompressor(level: level) }
    }
}
