import Foundation
import TestParts
import Testing

@Suite struct DisturbanceTests {
    @Test func `functions and mappings killed and a group rebalanced, each record is stored once`() throws {
        let pipeline = try Pipeline(partitions: 6)
        let bucket = try Bucket()
        let variables = try bucket.variables()
        let options = ["--batch-size", "2000", "--maximum-batching-window-in-seconds", "1", "--pollers", "2"]
        let producer = try pipeline.produce(
            200_000, ["--rate", "10000", "--key", "index-date", "--headers", "--awkward-every", "50"])

        // Where chance strikes is another place each time; what must hold is the same.
        var mapping = try pipeline.map(options, environment: variables)
        try mapping.line(containing: "acknowledged 1", on: .error, within: 60)
        for _ in 0..<10 {
            if let sandbox = mapping.sandboxes.randomElement() { kill(sandbox, SIGKILL) }
            usleep(.random(in: 50_000...400_000))
        }
        mapping.signal(SIGKILL)
        try mapping.exit()
        mapping = try pipeline.map(options, environment: variables)
        try mapping.line(containing: "function", on: .error, within: 60)

        let second = try pipeline.map(options, environment: variables)
        try second.line(containing: "assigned: \(pipeline.topic)", on: .error, within: 60)
        usleep(.random(in: 500_000...1_500_000))
        try second.stop()
        usleep(.random(in: 100_000...1_000_000))
        mapping.signal(SIGKILL)
        try producer.exit(within: 120)

        let last = try pipeline.map(options + ["--exit-when-idle", "3"], environment: variables)
        #expect(try last.exit(within: 240).code == 0)
        let comparison = try bucket.comparison(with: pipeline.sent)
        #expect(comparison.wrong == [])
        #expect(comparison.count == 200_000)
    }

    @Test func `while the function is down the lag grows, and afterwards nothing is missing`() throws {
        let pipeline = try Pipeline(partitions: 3)
        let bucket = try Bucket()
        let port = try TestParts.freePort()
        let mapping = try pipeline.map(
            [
                "--function-name", "function", "--endpoint-url", "http://127.0.0.1:\(port)", "--batch-size", "1000",
                "--exit-when-idle", "3",
            ],
            environment: try bucket.variables())
        try pipeline.produce(6000, ["--rate", "0", "--key", "index-date"]).exit(within: 60)
        try mapping.line(containing: "could not be invoked", on: .error, within: 60)
        try mapping.line(containing: "acknowledged 0, lag 6,000", on: .error, within: 60)

        let runtimePort = try TestParts.freePort()
        let emulator = try LocalProcess(
            try TestParts.emulator(),
            [
                "--runtime-interface-emulator-address", "127.0.0.1:\(port)", "--runtime-api-address",
                "127.0.0.1:\(runtimePort)",
                try TestParts.bootstrap(),
            ],
            environment: try bucket.variables(["AWS_LAMBDA_FUNCTION_TIMEOUT": "60"]))
        #expect(try mapping.exit(within: 120).code == 0)
        #expect(emulator.isRunning)
        let comparison = try bucket.comparison(with: pipeline.sent)
        #expect(comparison.wrong == [])
        #expect(comparison.count == 6000)
    }
}
