import Testing

@testable import AWSSigning

/// https://www.rfc-editor.org/rfc/rfc4231#section-4
struct HMACTests {
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            "This is a test using a larger than block-size key and a larger than block-size data. "
                + "The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func `HMAC-SHA-256 of RFC 4231's examples`(_ key: [UInt8], _ message: String, _ digest: String) {
        let key = key.withUnsafeBytes { HMACKey($0) }
        #expect(key.authenticate(message).hex == digest)
        // The same key serves many requests.
        #expect(key.authenticate(message).hex == digest)
    }

    @Test(arguments: [0, 1, 63, 64, 65]) func `a key around the block's length is padded or hashed`(_ length: Int) {
        let key = [UInt8](repeating: 7, count: length)
        let padded = key.count > 64 ? SHA256Digest(of: String(decoding: key, as: UTF8.self)).bytes : key
        let inner = (0..<64).map { ($0 < padded.count ? padded[$0] : 0) ^ 0x36 }
        let outer = (0..<64).map { ($0 < padded.count ? padded[$0] : 0) ^ 0x5c }
        let hashed = (inner + Array("message".utf8)).withUnsafeBytes { SHA256Digest(of: $0) }.bytes
        let wanted = (outer + hashed).withUnsafeBytes { SHA256Digest(of: $0) }
        #expect(key.withUnsafeBytes { HMACKey($0) }.authenticate("message") == wanted)
    }
}
