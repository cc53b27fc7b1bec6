import Bytes

/// Buffers that one invocation is done with and the next one fills again: their pages are there already, and asking
/// the kernel for new ones would cost more than writing them.
package final class BufferPool {
    /// What is kept between invocations at most, in bytes: the rows of the largest event and their packed form.
    private static let mostKept = 12 << 20

    private var free: [ByteBuffer] = []
    private var kept = 0

    package init() {}

    /// An empty buffer, the largest there is.
    func get() -> ByteBuffer {
        guard let buffer = free.popLast() else { return ByteBuffer(capacity: 4096) }
        kept -= buffer.capacity
        return buffer
    }

    /// Recycles a buffer that is no longer used.
    func recycle(_ buffer: ByteBuffer) {
        guard kept + buffer.capacity <= Self.mostKept else { return }
        buffer.removeAll()
        kept += buffer.capacity
        // After all that hold as much or less. A batch of many partitions recycles hundreds of buffers, hence the
        // binary search.
        let place = free.partitionPoint { $0.capacity > buffer.capacity }
        free.insert(buffer, at: place)
    }
}
