import Foundation
import FunctionHost
import Kafka
import Synchronization

/// Lambda's Kafka event source mapping on this machine: pollers that read a group's topics and hand batches to a
/// function, each with a sandbox of its own.
package final class EventSourceMapping: Sendable {
    package let statistics = MappingStatistics()
    private let configuration: MappingConfiguration
    private let destination: OnFailureDestination?
    private let makeFunction: @Sendable () throws -> any Function
    private let notice: @Sendable (String) -> Void
    private let stops = Atomic(false)
    private let running = DispatchGroup()
    private let failure = Mutex<(any Error)?>(nil)

    /// - Parameters:
    ///   - makeFunction: called once on each poller's thread.
    ///   - notice: receives what a person should know: assignments, errors, discarded records. Never record contents.
    package init(
        _ configuration: MappingConfiguration, onFailure destination: OnFailureDestination?,
        notice: @escaping @Sendable (String) -> Void, makeFunction: @escaping @Sendable () throws -> any Function
    ) {
        self.configuration = configuration
        self.destination = destination
        self.notice = notice
        self.makeFunction = makeFunction
    }

    /// Starts the pollers, each on its thread.
    package func start() {
        let firstSight = FirstSight()
        for number in 0..<configuration.pollers {
            statistics.update { $0.standings[number] = .joining }
            running.enter()
            Thread.detachNewThread { [self] in
                defer { running.leave() }
                do {
                    let poller = try Poller(
                        number, configuration, destination, try makeFunction(), statistics, firstSight, notice: notice)
                    try poller.run { self.stops.load(ordering: .relaxed) }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    stop()
                }
            }
        }
    }

    /// Asks the pollers to finish the batch in flight, to commit and to leave the group.
    package func stop() { stops.store(true, ordering: .relaxed) }

    /// Waits for the pollers' end, at most so long. True where they have ended.
    package func wait(milliseconds: Int) -> Bool {
        running.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }

    /// Why a poller could not begin, or could not continue.
    package var failed: (any Error)? { failure.withLock { $0 } }
}
