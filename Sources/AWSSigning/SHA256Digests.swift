import CSHA256

extension SHA256Digest {
    /// The digests of several messages, in their order. Where the processor allows, two are computed at a time, in half
    /// the time.
    package static func all(of messages: [UnsafeRawBufferPointer]) -> [SHA256Digest] {
        guard messages.count > 1, csha256_works() else { return messages.map { SHA256Digest(of: $0) } }
        return [SHA256Digest](unsafeUninitializedCapacity: messages.count) { digests, count in
            guard let first = digests.baseAddress else { return }
            digests.initialize(repeating: SHA256Digest())
            count = messages.count
            let work = messages.enumerated().map { index, message in
                csha256_message(
                    bytes: message.baseAddress?.assumingMemoryBound(to: UInt8.self), count: message.count,
                    digest: UnsafeMutableRawPointer(first + index).assumingMemoryBound(to: UInt8.self))
            }
            csha256_all(work, work.count)
        }
    }
}
