/// What a value that is neither object nor array is, as far as the type of a column depends on it.
package enum JSONScalar: Equatable, Sendable {
    case null
    case boolean
    /// An integer within 64 bits.
    /// - isWide: beyond ±2^53, where a double would change its digits.
    case integer(isWide: Bool)
    /// A number with a fraction or an exponent.
    case double
    /// A string; or a number that neither 64 bits nor a double can hold, which only text keeps.
    case text

    /// - Parameter number: a valid JSON number.
    init(number: UnsafeRawBufferPointer) {
        let text = String(decoding: number, as: UTF8.self)
        let isInteger = !number.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        if isInteger {
            guard let value = Int64(text) else {
                self = .text
                return
            }
            self = .integer(isWide: value.magnitude > 1 << 53)
        } else {
            self = Double(text)?.isFinite == true ? .double : .text
        }
    }
}
