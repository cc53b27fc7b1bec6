import ArgumentParser
import EventSourceMapping
import Foundation
import Kafka

struct Event: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the batch that Lambda would send for these lines to standard output.",
        discussion: """
            Each line of the files is the value of one record, unchanged; empty lines are skipped. The records are of \
            one topic-partition, with consecutive offsets. With --timestamp the same lines produce the same event, \
            which the function then recognises as already delivered.

              ./build.sh local event --topic orders my.jsonl > /tmp/event.json
              ./build.sh invoke /tmp/event.json
            """)

    @Argument(
        help: ArgumentHelp(
            "Files with one value per line; none, or '-', is standard input.", valueName: "file.jsonl"))
    var files: [String] = []

    @Option(help: "The records' topic.")
    var topic: String

    @Option(help: "The records' partition.")
    var partition: Int32 = 0

    @Option(help: "The first record's offset.")
    var startOffset: Int64 = 0

    @Option(
        help: ArgumentHelp(
            "The records' timestamp: 2026-11-21T12:00:00Z, or milliseconds since 1970. Default: now.", valueName: "time"
        ))
    var timestamp: String?

    @Option(
        help: ArgumentHelp(
            "The member of each value to use as its record's key. Default: no keys.", valueName: "name"))
    var keyField: String?

    @Option(
        help: ArgumentHelp(
            "ARN of an MSK cluster, for an event with the source aws:kafka. Default: SelfManagedKafka.",
            valueName: "arn"))
    var eventSourceArn: String?

    func validate() throws {
        guard KafkaCommand.isTopicName(topic) else {
            throw ValidationError("--topic must be 1 to 249 letters, digits, '.', '_' and '-'; not '\(topic)'")
        }
        guard partition >= 0 else { throw ValidationError("--partition must be 0 or more") }
        guard startOffset >= 0 else { throw ValidationError("--start-offset must be 0 or more") }
        _ = try milliseconds()
    }

    func run() throws {
        let time = try milliseconds()
        var sample = SampleBatch(
            topic: topic, partition: partition, startOffset: startOffset,
            eventSource: eventSourceArn.map { .msk(arn: $0) } ?? .selfManaged)
        var oddities = Oddities()
        for file in files.isEmpty ? ["-"] : files {
            for line in try lines(of: file) {
                let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                oddities.note(isObject: object != nil)
                let key = keyField.flatMap { Self.key($0, of: object) }
                guard sample.append(value: line, key: key, timestamp: time) else {
                    throw CommandFailure(
                        "record \(oddities.lineCount), in \(file), is beyond Lambda's limits for a batch, 10,000 "
                            + "records or 6 MB: split the file (split -l \(max(1, sample.recordCount))), and set "
                            + "--start-offset for each part")
                }
            }
        }
        guard sample.recordCount > 0 else {
            let place = files.isEmpty ? "standard input" : files.joined(separator: ", ")
            throw CommandFailure("no lines in \(place), so no event was written: put one value on each line")
        }
        FileHandle.standardOutput.write(Data(sample.event() + [UInt8(ascii: "\n")]))
        if let text = oddities.text { Terminal.shared.print(text) }
    }

    private func milliseconds() throws -> Int64 {
        guard let timestamp else { return Int64(Date().timeIntervalSince1970 * 1000) }
        if let number = Int64(timestamp) {
            guard (0..<253_402_300_800_000).contains(number) else {
                throw ValidationError("--timestamp must be milliseconds since 1970, up to the year 9999")
            }
            return number
        }
        let forms = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        guard let date = forms.lazy.compactMap({ try? $0.parse(timestamp) }).first else {
            throw ValidationError(
                "--timestamp must be like 2026-11-21T12:00:00Z, or milliseconds since 1970; not '\(timestamp)'")
        }
        return Int64((date.timeIntervalSince1970 * 1000).rounded())
    }

    /// Without what ends them, and without empty ones.
    private func lines(of file: String) throws -> [[UInt8]] {
        if file == "-", isatty(0) == 1 { Terminal.shared.print("One value per line; end with Ctrl-D.") }
        let data = try InputFile.contents(of: file, expected: "a file with one JSON object per line")
        return data.split(separator: UInt8(ascii: "\n")).map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
            .filter { !$0.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }.map { Array($0) }
    }

    /// The text of a string, the JSON of anything else; none if there is no such member, or it is null.
    private static func key(_ name: String, of object: [String: Any]??) -> [UInt8]? {
        guard let value = object??[name], !(value is NSNull) else { return nil }
        if let text = value as? String { return Array(text.utf8) }
        return (try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])).map(
            Array.init)
    }
}

/// Lines that are not JSON objects are let through, since what the function does with them may be the question.
private struct Oddities {
    var lineCount = 0
    private var firstOdd: Int?
    private var oddCount = 0

    mutating func note(isObject: Bool) {
        lineCount += 1
        guard !isObject else { return }
        oddCount += 1
        firstOdd = firstOdd ?? lineCount
    }

    var text: String? {
        guard let firstOdd else { return nil }
        let isOne = oddCount == 1
        return "\(counted(oddCount, "value")) of \(grouped(lineCount)), the first of them record \(firstOdd), "
            + "\(isOne ? "is" : "are") not a JSON object: the function quarantines \(isOne ? "it" : "them") unless "
            + "VALUE_FORMAT is text or bytes. (jq -c . puts a document of several lines on one.)"
    }
}
