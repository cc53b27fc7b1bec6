import Foundation

/// A sandbox's standard output and error, cut into lines.
final class LogPipe {
    private let readEnd: Int32
    private(set) var writeEnd: Int32
    private var rest: [UInt8] = []
    private let log: (String) -> Void

    init(_ log: @escaping (String) -> Void) throws(SandboxError) {
        self.log = log
        // A pair of sockets, since they can be close-on-exec from the start: no other sandbox inherits them.
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SandboxError("could not create a pipe for the function's log: \(String(cString: strerror(errno)))")
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        closeWriteEnd()
    }

    func closeWriteEnd() {
        guard writeEnd >= 0 else { return }
        close(writeEnd)
        writeEnd = -1
    }

    private var hasEnded = false

    /// To wait on; none once the other end is closed.
    var descriptor: pollfd { pollfd(fd: hasEnded ? -1 : readEnd, events: Int16(POLLIN), revents: 0) }

    /// Hands on the lines that have come. Never waits.
    func read() {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while !hasEnded {
            let count = recv(readEnd, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EINTR { continue }
            if count == 0 { hasEnded = true }
            guard count > 0 else { return }
            rest += chunk[..<count]
            while let end = rest.firstIndex(of: 10) {
                log(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeSubrange(...end)
            }
        }
    }

    /// Hands on a last line without an end as well.
    func drain() {
        read()
        guard !rest.isEmpty else { return }
        log(String(decoding: rest, as: UTF8.self))
        rest = []
    }
}
