import TestParts

/// Valid JSON texts of every shape, and ways to spoil them.
struct RandomJSON {
    private var random: SplitMix
    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func text() -> [UInt8] {
        let spaced = Int.random(in: 0..<3, using: &random)
        return Array((space(spaced) + value(depth: 0, spaced) + space(spaced)).utf8)
    }

    /// Changes, removes, repeats or inserts a few bytes, mostly ones that mean something.
    mutating func spoil(_ text: inout [UInt8]) {
        let telling = Array("{}[],:\"\\0123456789.-+eEtrufalsn \n\u{1}é".utf8)
        for _ in 0...Int.random(in: 0...2, using: &random) where !text.isEmpty {
            let place = text.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text[place] = telling.randomElement(using: &random) ?? 0
            case 1: text.remove(at: place)
            case 2: text.insert(text[place], at: place)
            default: text.insert(telling.randomElement(using: &random) ?? 0, at: place)
            }
        }
    }

    private mutating func space(_ spaced: Int) -> String {
        guard spaced > 0 else { return "" }
        return pick(spaced == 1 ? ["", " "] : ["", " ", "\n", "\r\n\t", String(repeating: " ", count: 70)])
    }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }

    private mutating func value(depth: Int, _ spaced: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 8 : 6), using: &random) {
        case 0, 1: string()
        case 2, 3, 4: number()
        case 5: pick(["true", "false", "null"])
        case 6: "[" + list(spaced) { $0.value(depth: depth + 1, spaced) } + "]"
        default:
            "{"
                + list(spaced) {
                    $0.string() + $0.space(spaced) + ":" + $0.space(spaced) + $0.value(depth: depth + 1, spaced)
                } + "}"
        }
    }

    private mutating func list(_ spaced: Int, _ element: (inout RandomJSON) -> String) -> String {
        let count = Int.random(in: 0...6, using: &random)
        guard count > 0 else { return space(spaced) }
        var elements: [String] = []
        for _ in 0..<count { elements.append(space(spaced) + element(&self) + space(spaced)) }
        return elements.joined(separator: ",")
    }

    private mutating func string() -> String {
        var text = "\""
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            text += pick([
                "a", "Adj Close", "1990-04-25", "é", "😀", "漢", "\\n", "\\\"", "\\\\", "\\u00e9", "\\uD83D\\uDE00",
                "\\ud800", "{", "]", ",:",
            ])
        }
        return text + "\""
    }

    private mutating func number() -> String {
        pick(["", "-"]) + pick(["0", "7", "42", "3342", "18850000"]) + pick(["", ".0", ".709717", ".00"])
            + pick(["", "", "e5", "E-05", "e+10"])
    }
}
