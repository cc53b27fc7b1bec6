import CTestParts
import Foundation
import Libc

/// A port of 127.0.0.1 whose connections are served, each on a thread of its own, until `close`.
///
/// The threads own this, so that the server that it belongs to can go when its test ends.
///
/// `@unchecked`: everything that changes is guarded by `state`.
final class Listener: @unchecked Sendable {
    let port: Int
    private let descriptor: Int32
    private let state = Monitor()
    private var open: Set<Int32> = []
    private var count = 0
    private var isOpen = true

    init() throws { (descriptor, port) = try Socket.listening() }

    /// - Parameter serve: called with a connection and its number, from 1; the connection ends when it returns.
    func start(_ serve: @escaping @Sendable (_ connection: Int32, _ number: Int) -> Void) {
        Thread.detachNewThread { self.accept(serve) }
    }

    /// Wakes the threads, which close the descriptors that they own: a number closed here might be another's by then.
    func close() {
        state.change {
            guard isOpen else { return }
            isOpen = false
            shutdown(descriptor, Int32(SHUT_RDWR))
            for connection in open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    /// How many connections were accepted so far.
    var accepted: Int { state.change { count } }

    private func accept(_ serve: @escaping @Sendable (Int32, Int) -> Void) {
        while true {
            let connection = test_parts_accept(descriptor)
            if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard connection >= 0 else { break }
            guard let number = admit(connection) else {
                Libc.close(connection)
                break
            }
            Thread.detachNewThread {
                serve(connection, number)
                self.end(connection)
            }
        }
        Libc.close(descriptor)
    }

    private func admit(_ connection: Int32) -> Int? {
        state.change {
            guard isOpen else { return nil }
            open.insert(connection)
            count += 1
            return count
        }
    }

    private func end(_ connection: Int32) {
        state.change {
            open.remove(connection)
            Libc.close(connection)
        }
    }
}
