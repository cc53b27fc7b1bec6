import EventSourceMapping
import Foundation
import FunctionHost
import Kafka
import Synchronization
import TestParts

/// A mapping within this process against a `KafkaBroker`, and a function that a test scripts.
final class RunningMapping: Sendable {
    /// What the function is given: the offsets of each partition, and how often it was invoked before.
    struct Event: Sendable, Equatable {
        var offsets: [String: [Int64]]
        var number: Int
    }

    private struct Heard {
        var events: [Event] = []
        var notices: [String] = []
    }

    private let mapping: EventSourceMapping
    private let heard: Shared<Heard>

    init(
        _ broker: KafkaBroker, topics: [String] = ["orders"], start: Consumer.Start = .earliest,
        properties: KafkaSettings = [:], onFailure: OnFailureDestination? = nil,
        _ configure: (inout MappingConfiguration) -> Void = { _ in },
        function: @escaping @Sendable (Event) -> Bool
    ) {
        let settings: KafkaSettings = [
            "bootstrap.servers": broker.servers, "heartbeat.interval.ms": "100", "session.timeout.ms": "6000",
            "fetch.wait.max.ms": "50", "topic.metadata.refresh.interval.ms": "300", "retry.backoff.ms": "50",
        ]
        var configuration = MappingConfiguration(
            topics: topics, eventSource: .selfManaged, bootstrapServers: broker.servers, consumerGroupID: "local",
            startingPosition: start, settings: settings.overridden(by: properties), mappingID: "m", functionARN: "f")
        configuration.batchingWindow = 20
        configuration.firstBackoff = 50
        configuration.longestBackoff = 200
        configure(&configuration)
        let heard = Shared(Heard())
        self.heard = heard
        mapping = EventSourceMapping(
            configuration, onFailure: onFailure,
            notice: { text in heard.withLock { $0.notices.append(text) } },
            makeFunction: {
                ScriptedFunction { offsets in
                    let event = heard.withLock {
                        $0.events.append(Event(offsets: offsets, number: $0.events.count))
                        return $0.events[$0.events.count - 1]
                    }
                    return function(event)
                }
            })
        mapping.start()
    }

    deinit { mapping.stop() }

    var events: [Event] { heard.withLock { $0.events } }
    var notices: [String] { heard.withLock { $0.notices } }
    var snapshot: MappingStatistics.Snapshot { mapping.statistics.snapshot }
    var failed: (any Error)? { mapping.failed }

    /// Each offset of a partition that the function was given, repeated ones repeated.
    func offsets(_ partition: String) -> [Int64] { events.flatMap { $0.offsets[partition] ?? [] } }

    /// Waits until something holds.
    func wait(_ what: String, within seconds: Double = 30, until holds: (RunningMapping) -> Bool) throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while !holds(self) {
            guard Date() < end else {
                throw WaitedInVain(description: "\(what) did not come; notices: \(notices); \(snapshot)")
            }
            usleep(20_000)
        }
    }

    func stop() throws {
        mapping.stop()
        guard mapping.wait(milliseconds: 30_000) else {
            throw WaitedInVain(description: "the mapping did not end; notices: \(notices)")
        }
    }

    private final class ScriptedFunction: Function {
        private let script: ([String: [Int64]]) -> Bool
        init(_ script: @escaping ([String: [Int64]]) -> Bool) { self.script = script }

        func invoke(_ event: [UInt8]) -> Invocation {
            struct Event: Decodable {
                var records: [String: [Record]]
                struct Record: Decodable { var offset: Int64 }
            }
            let records = (try? JSONDecoder().decode(Event.self, from: Data(event)))?.records ?? [:]
            let isDone = script(records.mapValues { $0.map(\.offset) })
            return Invocation(
                requestID: UUID().uuidString,
                outcome: isDone
                    ? .success(response: Array("{}".utf8))
                    : .functionError(type: "Test.Refused", message: "as the test wishes", response: []))
        }

        func shutDown() {}
    }
}

/// A value behind a lock, to be held by several closures.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            nonisolated(unsafe) let result = body(&value)
            return result
        }
    }
}
