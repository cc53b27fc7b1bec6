import Environment
import Foundation
import LineOutput
import Logging
import TestParts
import Testing

@testable import LambdaRuntime

@Suite struct `The log` {
    @Test func `is one JSON object a line, with the fields that Lambda reads`() throws {
        let sink = LogSink()
        var logger = sink.logger(LogConfiguration(format: .json))
        logger[metadataKey: "requestId"] = "id"
        let awkward = "quote \" back \\ break \r\n tab \t nul \0 esc \u{1b} ü \u{1F600} \u{2028}"
        logger.warning("\(awkward)", metadata: ["objects": .stringConvertible(3), "done": .stringConvertible(true)])
        #expect(sink.lines.count == 1)
        let object = try #require(sink.objects.first)
        let timestamp = try #require(object["timestamp"] as? String)
        #expect(try /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/.wholeMatch(in: timestamp) != nil)
        #expect(object["level"] as? String == "WARN")
        #expect(object["message"] as? String == awkward)
        #expect(object["logger"] as? String == "test")
        #expect(object["requestId"] as? String == "id")
        #expect(sink.lines[0].contains("\"objects\":3") && sink.lines[0].contains("\"done\":true"))
    }

    @Test func `keeps nested metadata, and the fields' names apart from Lambda's own`() throws {
        let sink = LogSink()
        sink.logger(LogConfiguration(format: .json)).info(
            "m", metadata: ["level": "mine", "list": ["a", ["b": "c"]], "empty": [:], "tenantId": "t"])
        let object = try #require(sink.objects.first)
        #expect(object["level"] as? String == "INFO")
        #expect(object["_level"] as? String == "mine")
        #expect(object["list"] as? NSArray == ["a", ["b": "c"]])
        #expect(object["tenantId"] as? String == "t")
    }

    @Test func `names an error that an event carries`() throws {
        let sink = LogSink()
        sink.logger(LogConfiguration(format: .json)).error("m", error: Chosen())
        let object = try #require(sink.objects.first)
        #expect(object["errorType"] as? String == "Function.BucketMissing")
        #expect(object["errorMessage"] as? String == Chosen().errorMessage)
    }

    @Test func `is one line of text for each event, whatever is in it`() throws {
        let sink = LogSink()
        let logger = sink.logger(LogConfiguration(format: .text))
        logger.error("two\nlines\r\n", metadata: ["requestId": "id", "a": "b\nc"])
        #expect(sink.lines.count == 1)
        #expect(sink.lines[0].hasPrefix("time=20"))
        #expect(sink.lines[0].hasSuffix(#"Z level=ERROR msg="two\nlines\r\n" requestId=id a="b\nc""#))
    }

    @Test(arguments: [
        ("plain", "plain"), ("two words", #""two words""#), ("a=b", #""a=b""#), ("say \"so\"", #""say \"so\"""#),
        ("", #""""#), ("back\\slash", #""back\\slash""#), ("s3://b/dt=1/k.json", #""s3://b/dt=1/k.json""#), ("ü", "ü"),
    ])
    func `as text quotes what logfmt would take apart`(_ value: String, _ written: String) throws {
        let sink = LogSink()
        sink.logger(LogConfiguration(format: .text)).info("m", metadata: ["v": "\(value)", "msg": "mine"])
        #expect(sink.lines[0].hasSuffix(" level=INFO msg=m _msg=mine v=\(written)"))
    }

    @Test(arguments: [
        (["AWS_LAMBDA_LOG_FORMAT": "JSON"], LogConfiguration(format: .json, level: .info)),
        (
            ["AWS_LAMBDA_LOG_FORMAT": "Text", "AWS_LAMBDA_LOG_LEVEL": "TRACE"],
            LogConfiguration(format: .text, level: .trace)
        ),
        (["AWS_LAMBDA_LOG_LEVEL": "DEBUG"], LogConfiguration(level: .debug)),
        (["AWS_LAMBDA_LOG_LEVEL": "INFO", "LOG_LEVEL": "error"], LogConfiguration(level: .info)),
        (["AWS_LAMBDA_LOG_LEVEL": "WARN"], LogConfiguration(level: .warning)),
        (["AWS_LAMBDA_LOG_LEVEL": "ERROR"], LogConfiguration(level: .error)),
        (["AWS_LAMBDA_LOG_LEVEL": "FATAL"], LogConfiguration(level: .critical)),
        (["LOG_LEVEL": "debug"], LogConfiguration(level: .debug)),
        (["LOG_LEVEL": "loud", "AWS_LAMBDA_LOG_FORMAT": "XML"], LogConfiguration(format: .text, level: .info)),
        ([:], LogConfiguration(format: .text, level: .info)),
    ])
    func `is configured by Lambda's variables`(_ variables: [String: String], _ expected: LogConfiguration) {
        #expect(LogConfiguration(Environment(variables)) == expected)
    }

    @Test func `leaves out what is below its level`() {
        let sink = LogSink()
        let logger = sink.logger(LogConfiguration(format: .text, level: .warning))
        logger.info("hidden")
        logger.error("shown")
        #expect(sink.lines.count == 1)
    }

    @Test func `is whole though writes are interrupted and take only a part`() throws {
        let written = Locked<(bytes: [UInt8], calls: Int)>(([], 0))
        let logger = Logger(label: "test") { label in
            LambdaLogHandler(
                label: label, LogConfiguration(format: .json),
                output: LineWriter { bytes in
                    written.change { state in
                        state.calls += 1
                        guard state.calls % 2 == 0 else {
                            errno = EINTR
                            return -1
                        }
                        let part = min(7, bytes.count)
                        state.bytes += bytes[..<part]
                        return part
                    }
                })
        }
        for number in 1...3 { logger.info("line \(number)") }
        let lines = String(decoding: written.value.bytes, as: UTF8.self).components(separatedBy: "\n")
        #expect(lines.count == 4 && lines[3].isEmpty)
        for (number, line) in lines.dropLast().enumerated() {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary
            #expect(object?["message"] as? String == "line \(number + 1)")
        }
    }

    @Test func `is one write for a line, and a write that fails for good ends the attempt`() {
        let calls = Locked(0)
        let logger = Logger(label: "test") { label in
            LambdaLogHandler(
                label: label, LogConfiguration(),
                output: LineWriter { bytes in
                    calls.change { $0 += 1 }
                    errno = EPIPE
                    return calls.value == 1 ? bytes.count : -1
                })
        }
        logger.info("taken at once")
        #expect(calls.value == 1)
        logger.info("lost")
        #expect(calls.value == 2)
    }
}
