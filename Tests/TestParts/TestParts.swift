import Foundation
import Libc

/// Where the real parts are that tests run against. `./build.sh test` prepares them and sets the variables.
package enum TestParts {
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// A file beneath the directory that the variable `TEST_PARTS` names, e.g. `path("venv/bin/python")`.
    package static func path(_ relative: String) throws -> String {
        guard let root = ProcessInfo.processInfo.environment["TEST_PARTS"] else {
            throw Missing(description: "TEST_PARTS is not set: run the tests with ./build.sh test")
        }
        return try existing(root + "/" + relative)
    }

    /// AWS's Runtime Interface Emulator.
    package static func emulator() throws -> String { try path("aws-lambda-rie") }

    /// The function's executable: the one that the variable `BOOTSTRAP` names, otherwise the one built with the tests.
    package static func bootstrap() throws -> String {
        if let named = ProcessInfo.processInfo.environment["BOOTSTRAP"] { return try existing(named) }
        return try product("bootstrap")
    }

    /// An executable of this package, built with the tests and lying next to them.
    package static func product(_ name: String) throws -> String {
        let tests = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return try existing(tests.deletingLastPathComponent().appendingPathComponent(name).path)
    }

    private static func existing(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Missing(description: "\(path) does not exist: run the tests with ./build.sh test")
        }
        return path
    }

    /// A TCP port of 127.0.0.1 that nobody listens on now, for a program that must be told its port. It lies below
    /// the range that the kernel gives to outgoing connections, so that none of those takes it meanwhile.
    package static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 15_000..<32_000)
            guard let listener = try? Socket.listening(port: port) else { continue }
            close(listener.descriptor)
            return port
        }
        throw Missing(description: "none of 100 ports tried between 15000 and 32000 is free")
    }
}

/// What a wait throws when its bound has passed: what was waited for, and what was there instead.
package struct WaitedInVain: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
}
