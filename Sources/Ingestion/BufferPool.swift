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
    func take() -> ByteBuffer {
        guard let buffer = free.popLast() else { return ByteBuffer(capacity: 4096) }
        kept -= buffer.capacity
        return buffer
    }

    /// Takes a buffer back that nobody uses any more.
    package func giveBack(_ buffer: ByteBuffer) {
        guard kept + buffer.capacity <= Self.mostKept else { return }
        buffer.removeAll()
        kept += buffer.capacity
        free.insert(buffer, at: place(of: buffer.capacity))
    }

    /// Behind all that hold as much or less. A batch of many partitions gives hundreds back, so it is not looked for
    /// one by one.
    private func place(of capacity: Int) -> Int {
        var low = 0
        var high = free.count
        while low < high {
            let middle = (low + high) / 2
            if free[middle].capacity > capacity { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
