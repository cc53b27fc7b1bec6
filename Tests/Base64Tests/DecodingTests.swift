import Base64
import Bytes
import CVector
import TestParts
import Testing

/// The paths that this CPU can run.
let paths = [CV_SCALAR, CV_SSSE3, CV_AVX2, CV_AVX512, CV_NEON].filter { cv_path_works($0) }

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

private let sixBits: [Int?] = (0..<256).map { byte in alphabet.firstIndex(of: UInt8(byte)) }

/// RFC 4648 section 4 as it reads: six bits a character, read eight at a time, nothing but the alphabet.
private func plainDecoding(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2) == [61, 61] ? 2 : text.last == 61 ? 1 : 0
    var bytes: [UInt8] = []
    var bits = 0, value = 0
    for character in text.dropLast(padding) {
        guard let six = sixBits[Int(character)] else { return nil }
        value = (value << 6 | six) & 0xFFFF
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> bits))
        }
    }
    return bytes
}

private final class Decoder {
    let memory = GuardedText(capacity: 1024)
    var out = [UInt8](repeating: 0, count: 1024)

    func decode(_ text: [UInt8], on path: cv_path, filler: UInt8 = 0) -> [UInt8]? {
        memory.with(text, filler: filler) { text in
            let room = text.count / 4 * 3 + Int(CV_BASE64_ROOM)
            out[room] = 0xA5
            let length = cv_base64_decode_on(path, text.baseAddress!, text.count, &out)
            #expect(out[room] == 0xA5, "wrote beyond the room it asks for")
            return length < 0 ? nil : Array(out[..<length])
        }
    }
}

private func text(of bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct DecodingTests {
    @Test func `Every text of up to four characters decodes as the RFC says, or is refused`() {
        let characters = Array("AQ/+9=-\n".utf8)
        let decoder = Decoder()
        var texts: [[UInt8]] = [[]]
        var last = texts
        for _ in 1...4 {
            last = last.flatMap { text in characters.map { text + [$0] } }
            texts += last
        }
        for text in texts {
            let wanted = plainDecoding(text)
            for path in paths where decoder.decode(text, on: path) != wanted {
                Issue.record("\(text) on \(path)")
            }
        }
    }

    @Test(arguments: [4, 16, 20, 32, 36, 68])
    func `Every byte at every place of a text is taken or refused alike on every path`(length: Int) {
        let decoder = Decoder()
        var text = (0..<length).map { alphabet[$0 * 7 % 64] }
        for place in text.indices {
            let good = text[place]
            for byte in UInt8.min...UInt8.max {
                text[place] = byte
                // '=' before the last two places is refused, and before the last if that is not '=' too.
                let wanted = plainDecoding(text)
                for path in paths where decoder.decode(text, on: path) != wanted {
                    Issue.record("byte \(byte) at \(place) of \(length) on \(path)")
                }
            }
            text[place] = good
        }
    }

    @Test func `Every length up to 200 bytes comes back from its encoding, whatever follows the text`() {
        let decoder = Decoder()
        var generator = SplitMix(seed: 1)
        for length in 0...200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let encoded = ByteBuffer()
            bytes.withUnsafeBytes { Base64.encode($0, appendingTo: encoded) }
            let text = Array(encoded.bytes)
            for path in paths {
                for filler: UInt8 in [0, 0x3D, 0x41, 0xFF] where decoder.decode(text, on: path, filler: filler) != bytes
                {
                    Issue.record("\(length) bytes on \(path), filler \(filler)")
                }
            }
        }
    }

    @Test func `The vectors of RFC 4648 hold in both directions`() {
        let vectors = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
        for (plain, encoded) in vectors {
            let source = ByteBuffer(), out = ByteBuffer()
            source.append(encoded)
            #expect(Base64.decode(source.padded, appendingTo: out))
            #expect(out.text == plain)
            source.removeAll()
            out.removeAll()
            source.append(plain)
            Base64.encode(source.bytes, appendingTo: out)
            #expect(out.text == encoded)
        }
    }

    @Test func `Bits left over before the padding are accepted and dropped`() {
        let source = ByteBuffer(), out = ByteBuffer()
        source.append("QR==")
        #expect(Base64.decode(source.padded, appendingTo: out))
        #expect(out.text == "A")
    }

    @Test(arguments: [
        "A", "AAA", "Zg=", "Z===", "====", "=Zg=", "Zm9vYg==Zm9v", "Zm 9v", "Zm9v\n", "Zm9-", "Zm9_", "Zg==AAAA",
    ])
    func `What is not base64 is refused and leaves the buffer as it was`(encoded: String) {
        let source = ByteBuffer(), out = ByteBuffer()
        source.append(encoded)
        out.append("before")
        #expect(!Base64.decode(source.padded, appendingTo: out))
        #expect(out.text == "before")
    }

    @Test func `Decoding appends after what the buffer holds, and grows it`() {
        let source = ByteBuffer(), out = ByteBuffer(capacity: 16)
        for _ in 0..<1000 { source.append("Zm9v") }
        out.append("before ")
        #expect(Base64.decode(source.padded, appendingTo: out))
        #expect(out.text == "before " + String(repeating: "foo", count: 1000))
    }
}
