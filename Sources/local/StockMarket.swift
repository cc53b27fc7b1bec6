import Foundation

/// Endless rows of the stock-market data that the pipeline was first built for: nine columns, one index after the
/// other, each a day on from its last; prices walk at random. The same seed gives the same rows.
struct StockMarket {
    /// Name, first price, value of its currency in US dollars.
    static let indices: [(name: String, price: Double, dollars: Double)] = [
        ("NYA", 10452.6, 1), ("IXIC", 2284.9, 1), ("HSI", 16955.3, 0.13), ("000001.SS", 3242.2, 0.16),
        ("GSPTSE", 3342.5, 0.83), ("399001.SZ", 10650.1, 0.16), ("NSEI", 8284.0, 0.01), ("GDAXI", 6048.3, 1.22),
        ("KS11", 1926.4, 0.0009), ("SSMI", 8966.2, 1.11), ("TWII", 9188.5, 0.04), ("J203.JO", 20762.0, 0.07),
        ("N225", 18934.3, 0.01), ("N100", 906.2, 1.22),
    ]

    private var prices = indices.map(\.price)
    private var random: SplitMix64
    private var count = 0

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    mutating func next() -> (index: String, date: String, json: String) {
        let (place, day) = (count % Self.indices.count, count / Self.indices.count)
        count += 1
        let index = Self.indices[place]
        let opened = prices[place]
        let close = max(0.01, opened * (1 + normal() * 0.01))
        let high = max(opened, close) * (1 + abs(normal()) * 0.004)
        let low = min(opened, close) * (1 - abs(normal()) * 0.004)
        prices[place] = close
        let (year, rest) = (1990 + day / 336, day % 336)
        let date = "\(year)-\(padded(1 + rest / 28))-\(padded(1 + rest % 28))"
        let volume = Double(random.next() % 400_000) * 100
        return (
            index.name, date,
            """
            {"Index":"\(index.name)","Date":"\(date)","Open":\(rounded(opened)),"High":\(rounded(high)),\
            "Low":\(rounded(low)),"Close":\(rounded(close)),"Adj Close":\(rounded(close)),"Volume":\(volume),\
            "CloseUSD":\(rounded(close * index.dollars))}
            """
        )
    }

    private func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Box-Muller.
    private mutating func normal() -> Double {
        let (left, right) = (Double(random.next() >> 11) + 1, Double(random.next() >> 11))
        return (-2 * log(left / 0x1p53)).squareRoot() * cos(2 * .pi * right / 0x1p53)
    }
}

/// https://prng.di.unimi.it/splitmix64.c
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
