import Foundation

/// A file that is named on the command line; `-` is standard input.
enum InputFile {
    /// - Parameter expected: what the file should be, for the message.
    /// - Throws: `CommandFailure` where it cannot be read.
    static func contents(of path: String, expected: String) throws -> Data {
        if path == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("\(path) cannot be read: pass the path of \(expected)")
        }
        return data
    }
}
