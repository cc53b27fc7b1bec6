import CVector
import Libc

/// Memory that ends where the process may not read on: a text put into it is followed by exactly `slack` readable
/// bytes, so that one more byte read ends the test run with a signal.
package final class GuardedText {
    package static let slack = Int(CV_SLACK)
    private let memory: UnsafeMutableRawPointer
    private let room: Int
    private let page = 4096

    /// Room for texts of up to `capacity` bytes.
    package init(capacity: Int) {
        room = (capacity + Self.slack + page - 1) / page * page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        memory = mmap(nil, room + page, PROT_READ | PROT_WRITE, flags, -1, 0)
        precondition(memory != MAP_FAILED && mprotect(memory + room, page, PROT_NONE) == 0)
    }

    deinit { munmap(memory, room + page) }

    /// Puts `text` right before the slack, fills that with `filler` and runs `body` on the text.
    package func with<Result>(
        _ text: some Collection<UInt8>, filler: UInt8 = 0, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        precondition(text.count + Self.slack <= room)
        let start = memory + room - Self.slack - text.count
        UnsafeMutableRawBufferPointer(start: start, count: text.count).copyBytes(from: text)
        memset(memory + room - Self.slack, Int32(filler), Self.slack)
        return try body(UnsafeRawBufferPointer(start: start, count: text.count))
    }
}
