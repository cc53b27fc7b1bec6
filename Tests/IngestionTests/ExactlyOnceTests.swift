import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@testable import Ingestion

/// Thousands of histories. One that fails is told with `MODEL_SEED=anyOrder:1234 swift test --filter ATold`, and
/// `MODEL_CENSUS=1000 swift test --filter ACensus` counts how many of each kind fail.
struct ExactlyOnceTests {
    @Test(arguments: 0..<20)
    func `each record is stored once whatever is redelivered in order, cut otherwise, lost or at once`(block: UInt64) throws {
        try expectNoFaults(.inOrder, block)
    }

    @Test(arguments: 0..<20)
    func `each record is stored once in whatever order halves, batches and what was given up are delivered`(block: UInt64) throws {
        try expectNoFaults(.anyOrder, block)
    }

    @Test(arguments: 0..<10)
    func `an object that lost its metadata makes deliveries fail until it is restored, and none store twice`(block: UInt64) throws {
        try expectNoFaults(.lostMetadata, block)
    }

    @Test(arguments: 0..<20)
    func `what was stored with other settings is not stored again`(block: UInt64) throws {
        try expectNoFaults(.changedSettings, block)
    }

    @Test(arguments: 0..<10)
    func `at least once loses nothing, and the same batch once more adds no object`(block: UInt64) throws {
        try expectNoFaults(.atLeastOnce, block)
    }

    private func expectNoFaults(_ kind: History.Kind, _ block: UInt64) throws {
        for seed in block * 100..<(block + 1) * 100 {
            let history = try History(kind, seed: seed)
            try history.play()
            let faults = history.faultsFound()
            #expect(faults.isEmpty, "\(kind):\(seed): \(faults.prefix(5).joined(separator: "; "))")
            if !faults.isEmpty { return }
        }
    }
}

@Test(.enabled(if: variable("MODEL_SEED") != nil))
func `A told history ends well`() throws {
    let parts = (variable("MODEL_SEED") ?? "").split(separator: ":")
    let kind = try #require(parts.first.flatMap { History.Kind(rawValue: String($0)) })
    let history = try History(kind, seed: try #require(parts.last.flatMap { UInt64($0) }))
    history.isTold = true
    try history.play()
    #expect(history.faultsFound() == [])
}

@Test(.enabled(if: variable("MODEL_CENSUS") != nil), arguments: History.Kind.allCases)
func `A census of histories finds none that fail`(kind: History.Kind) throws {
    let count = variable("MODEL_CENSUS").flatMap { UInt64($0) } ?? 1000
    var failed: [(UInt64, String)] = []
    for seed in 0..<count {
        let history = try History(kind, seed: seed)
        try history.play()
        if let fault = history.faultsFound().first { failed.append((seed, fault)) }
    }
    print("census of \(kind): \(failed.count) of \(count) fail")
    for (seed, fault) in failed.prefix(8) { print("  \(kind):\(seed): \(fault)") }
    #expect(failed.isEmpty)
}

private func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
