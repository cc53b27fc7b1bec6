/// The digit of a number from 0 to 15.
@inlinable package func hexDigit(_ nibble: UInt8, isUppercase: Bool = false) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: isUppercase ? "A" : "a") + nibble - 10
}

/// The number that a digit of either case stands for; `nil` where the byte is not one.
@inlinable package func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
    default: nil
    }
}

extension ByteBuffer {
    /// Appends `%XX`, with upper-case digits.
    package func append(percentEscape byte: UInt8) {
        append(UInt8(ascii: "%"))
        append(hexDigit(byte >> 4, isUppercase: true))
        append(hexDigit(byte & 15, isUppercase: true))
    }
}
