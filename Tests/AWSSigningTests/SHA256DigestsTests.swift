import Bytes
import TestParts
import Testing

@testable import AWSSigning

struct SHA256DigestsTests {
    /// libcrypto, which digests single messages, says what is right.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `several messages digested at once have the digests that each has alone`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let messages = (0..<Int.random(in: 0...9, using: &random)).map { _ in
            // Around the ends of blocks, where the padding takes one or two of them, and now and then a long one.
            let count =
                Int.random(in: 0...5, using: &random) == 0
                ? Int.random(in: 0...20_000, using: &random) : Int.random(in: 0...260, using: &random)
            let message = ByteBuffer(capacity: count)
            for _ in 0..<count { message.append(UInt8.random(in: 0...255, using: &random)) }
            return message
        }
        let digests = SHA256Digest.all(of: messages.map(\.bytes))
        #expect(digests.map(\.hex) == messages.map { SHA256Digest(of: $0.bytes).hex })
    }

    @Test func `each length up to three blocks, beside a message of its own length and beside a longer one`() {
        let text = ByteBuffer(capacity: 512)
        for byte in 0..<512 { text.append(UInt8(truncatingIfNeeded: byte &* 37)) }
        for count in 0...192 {
            let message = UnsafeRawBufferPointer(rebasing: text.bytes[..<count])
            let digests = SHA256Digest.all(of: [message, text.bytes, message])
            #expect(digests == [message, text.bytes, message].map { SHA256Digest(of: $0) }, "\(count) bytes")
        }
        withExtendedLifetime(text) {}
    }
}
