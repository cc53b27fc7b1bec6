@testable import StoredRecords
import Testing

private func object(
    _ first: Int64, _ last: Int64, _ count: Int? = nil, hour: Int = 1, errors: Bool = false
) -> OffsetCoverage.Object {
    let key = "\(errors ? "errors" : "topics")/t/hour=\(hour)/t+0+\(first)-\(last).json"
    return OffsetCoverage.Object(
        key: key, firstOffset: first, lastOffset: last, recordCount: count ?? Int(last - first + 1), isErrors: errors)
}

@Suite struct OffsetCoverageTests {
    @Test func `Objects one after the other cover all between their ends`() {
        let coverage = OffsetCoverage([object(100, 199), object(0, 99), object(200, 204, hour: 2)])
        #expect(coverage.firstOffset == 0 && coverage.lastOffset == 204 && coverage.rowCount == 205)
        #expect(coverage.gaps.isEmpty && coverage.doubles.isEmpty && coverage.objectCount == 3)
    }

    @Test func `Quarantined records fill the places that the rows leave`() {
        let coverage = OffsetCoverage([object(0, 99, 97), object(10, 40, 3, errors: true)])
        #expect(coverage.rowCount == 97 && coverage.errorCount == 3)
        #expect(coverage.gaps.isEmpty && coverage.doubles.isEmpty)
    }

    @Test func `The records of a batch that are spread over hours are no doubles`() {
        let coverage = OffsetCoverage([object(0, 98, 50, hour: 1), object(1, 99, 50, hour: 2)])
        #expect(coverage.gaps.isEmpty && coverage.doubles.isEmpty)
    }

    @Test func `Offsets between objects, and within them, are told as missing`() {
        let coverage = OffsetCoverage([object(0, 9), object(20, 29, 8)])
        #expect(
            coverage.gaps == [
                .init(firstOffset: 10, lastOffset: 19, count: 10), .init(firstOffset: 20, lastOffset: 29, count: 2),
            ])
    }

    @Test func `Objects of one folder that overlap hold records twice, even where others are missing`() {
        let coverage = OffsetCoverage([object(0, 9, 5), object(5, 14, 4), object(15, 20)])
        #expect(coverage.doubles.map(\.firstOffset) == [5] && coverage.doubles.map(\.lastOffset) == [9])
        #expect(coverage.doubles[0].keys == [object(0, 9).key, object(5, 14).key])
    }

    @Test func `More records than offsets are told as doubles, in whatever folders`() {
        let coverage = OffsetCoverage([object(0, 9), object(0, 9, hour: 2)])
        #expect(coverage.doubles.map(\.count) == [10])
    }

    @Test func `Nothing covers nothing`() {
        #expect(OffsetCoverage([]).firstOffset == nil && OffsetCoverage([]).gaps.isEmpty)
    }
}
