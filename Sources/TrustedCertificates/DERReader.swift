/// Reads DER (X.690) element by element: tags of one byte, lengths that are definite and as short as can be.
struct DERReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    /// The tag of the next element; `nil` at the end.
    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    /// What the next element holds, if it has this tag; the reader is after it then.
    mutating func read(_ tag: UInt8) -> UnsafeRawBufferPointer? {
        guard next == tag, at + 2 <= bytes.count else { return nil }
        var start = at + 2
        var length = Int(bytes[at + 1])
        if length >= 0x80 {
            let size = length - 0x80
            guard size >= 1, size <= 3, size <= bytes.count - start, bytes[start] != 0 else { return nil }
            length = 0
            for _ in 0..<size {
                length = length << 8 | Int(bytes[start])
                start += 1
            }
            guard length >= 0x80 else { return nil }
        }
        guard length <= bytes.count - start else { return nil }
        at = start + length
        return part(from: start)
    }

    /// What has been read since the reader was at `start`.
    func part(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + start }, count: at - start)
    }

    /// The same for an element of elements.
    mutating func descend(_ tag: UInt8) -> DERReader? { read(tag).map { DERReader($0) } }
}

/// The tags that a plain certificate has (X.680 section 8.6; the numbers are OpenSSL's `V_ASN1_…`).
enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let utf8String: UInt8 = 0x0C
    static let printableString: UInt8 = 0x13
    static let t61String: UInt8 = 0x14
    static let ia5String: UInt8 = 0x16
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let bmpString: UInt8 = 0x1E
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    static let version: UInt8 = 0xA0
    static let extensions: UInt8 = 0xA3
}
