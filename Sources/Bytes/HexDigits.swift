/// The digit of a number from 0 to 15.
@inlinable package func hexDigit(_ nibble: UInt8, isUppercase: Bool = false) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: isUppercase ? "A" : "a") + nibble - 10
}

extension ByteBuffer {
    /// Appends `%XX`, with upper-case digits.
    package func append(percentEscape byte: UInt8) {
        append(UInt8(ascii: "%"))
        append(hexDigit(byte >> 4, isUppercase: true))
        append(hexDigit(byte & 15, isUppercase: true))
    }
}
