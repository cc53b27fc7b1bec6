import ArgumentParser
import Foundation
import Kafka

struct BrokerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Bootstrap servers. Default: those of the last `./build.sh local kafka` that is still running.",
            valueName: "host:port,…"))
    var bootstrapServers: String?

    @Option(
        name: [.customLong("property")],
        help: ArgumentHelp(
            "A librdkafka setting, for example security.protocol=SASL_SSL for SASL and TLS. A value of @FILE is "
                + "read from that file, which keeps passwords off the command line. May be repeated.",
            valueName: "name=value"))
    var properties: [String] = []

    /// - Throws: `CommandFailure` saying what to do.
    func servers() throws -> String {
        if let bootstrapServers { return bootstrapServers }
        if let running = RunningBroker.servers() { return running }
        throw CommandFailure(
            "no broker found: start one with `./build.sh local kafka`, or specify one with --bootstrap-servers")
    }

    /// A misspelt topic is said to be unknown; the built-in broker would make it.
    /// - Throws: `ValidationError` naming the topics that there are.
    func checkTopics(_ topics: [String]) throws {
        guard let known = try BuiltInTopics.names(try settings()),
            let unknown = topics.first(where: { !known.contains($0) })
        else { return }
        throw ValidationError(
            "the broker has no topic \(unknown); it has \(known.isEmpty ? "none" : known.joined(separator: ", ")). "
                + "`./build.sh local kafka --topic \(unknown):6` starts one that has it")
    }

    func settings() throws -> KafkaSettings {
        var values = ["bootstrap.servers": try servers()]
        for property in properties {
            guard let mark = property.firstIndex(of: "="), mark != property.startIndex else {
                throw ValidationError("--property must be name=value, for example security.protocol=SASL_SSL")
            }
            let name = String(property[..<mark])
            var value = String(property[property.index(after: mark)...])
            if value.hasPrefix("@") {
                guard let text = try? String(contentsOfFile: String(value.dropFirst()), encoding: .utf8) else {
                    throw CommandFailure("the file for the property \(name) cannot be read: \(value.dropFirst())")
                }
                value = text.trimmingCharacters(in: .newlines)
            }
            values[name] = value
        }
        return KafkaSettings(values)
    }
}

/// How commands in other terminals find the broker: a file of this user that lives as long as it.
enum RunningBroker {
    private static var path: String {
        let folder = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] ?? "/tmp"
        return "\(folder)/local-kafka-\(getuid())"
    }

    static func servers() -> String? {
        // Another user could have put a file of that name into /tmp.
        guard let owner = try? FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? NSNumber,
            owner.uint32Value == getuid(), let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { return nil }
        let lines = text.split(separator: "\n")
        guard lines.count == 2, let process = pid_t(lines[1]), kill(process, 0) == 0 else { return nil }
        return String(lines[0])
    }

    static func announce(_ servers: String) {
        try? "\(servers)\n\(getpid())\n".write(toFile: path, atomically: true, encoding: .utf8)
    }

    static func forget() {
        if let text = try? String(contentsOfFile: path, encoding: .utf8), text.hasSuffix("\n\(getpid())\n") {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
