import Foundation

extension TestParts {
    /// A file beside the test that asks for it.
    package static func file(_ name: String, beside test: String = #filePath) -> URL {
        URL(fileURLWithPath: test).deletingLastPathComponent().appendingPathComponent(name).standardizedFileURL
    }

    /// A program in Python, with the modules that the tests' Python parts share.
    package static func python(
        _ script: URL, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> LocalProcess {
        let usual = [
            "PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory(), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": file("python").path,
        ]
        return try LocalProcess(
            path("venv/bin/python"), [script.path] + arguments, environment: usual.merging(environment) { $1 })
    }

    /// What the program prints, once it has ended well.
    package static func output(
        ofPython script: URL, _ arguments: [String] = [], within seconds: Double = 120
    ) throws -> Data {
        try output(of: python(script, arguments), within: seconds)
    }

    /// What the program prints, once it has ended well.
    package static func output(of process: LocalProcess, within seconds: Double = 120) throws -> Data {
        let exit = try process.exit(within: seconds)
        guard exit.code == 0 else { throw Missing(description: "\(exit): \(process.output(.error))") }
        return Data(process.bytes())
    }
}

/// A server in Python: it prints a line of JSON with its ports when it is ready, and ends with the tests' process.
package struct PythonServer<Ready: Decodable & Sendable>: Sendable {
    package let process: LocalProcess
    package let ready: Ready

    package init(
        _ script: URL, _ arguments: [String] = [], environment: [String: String] = [:], within seconds: Double = 120
    ) throws {
        process = try TestParts.python(script, arguments, environment: environment)
        let line = try process.line(containing: "{", within: seconds)
        ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
    }
}
