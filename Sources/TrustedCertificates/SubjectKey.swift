/// A number that all names share which OpenSSL holds to be equal; others may share it by chance.
///
/// OpenSSL compares names attribute by attribute, after it has brought the strings into one form: UTF-8, ASCII letters
/// in lower case, no white space at the ends and single spaces within (`x509_name_canon`). ASCII letters and digits
/// come out of that in their order, whatever type a string had, and those are what the key is made of.
enum SubjectKey {
    /// The key of the `Name` that is read next (RFC 5280 section 4.1.2.4); `nil` where it is out of the ordinary.
    static func read(_ reader: inout DERReader) -> UInt64? {
        guard var name = reader.descend(DERTag.sequence), !name.isAtEnd else { return nil }
        var key: UInt64 = 0
        while !name.isAtEnd {
            guard var set = name.descend(DERTag.set), !set.isAtEnd else { return nil }
            while !set.isAtEnd {
                guard let attribute = attribute(&set) else { return nil }
                // A sum, since the attributes of a set may come in any order.
                key &+= attribute
            }
        }
        return key
    }

    private static func attribute(_ set: inout DERReader) -> UInt64? {
        guard var attribute = set.descend(DERTag.sequence), let type = attribute.read(DERTag.objectIdentifier),
            isObjectIdentifier(type), let tag = attribute.next, let value = attribute.read(tag), !value.isEmpty,
            attribute.isAtEnd
        else { return nil }
        var hash = Hash()
        for byte in type { hash.add(byte) }
        hash.add(0xFF)
        switch tag {
        case DERTag.printableString, DERTag.ia5String, DERTag.t61String: break  // a byte for each character
        case DERTag.utf8String: guard isUTF8(value) else { return nil }
        case DERTag.bmpString: return wide(value, hash)
        default: return nil
        }
        for byte in value { hash.add(letterOrDigit: byte) }
        return hash.value
    }

    /// A string of UTF-16 units, none of which is half of a character.
    private static func wide(_ value: UnsafeRawBufferPointer, _ hash: Hash) -> UInt64? {
        guard value.count % 2 == 0 else { return nil }
        var hash = hash
        for at in stride(from: 0, to: value.count, by: 2) {
            if value[at] == 0 { hash.add(letterOrDigit: value[at + 1]) }
            guard value[at] & 0xF8 != 0xD8 else { return nil }
        }
        return hash.value
    }

    private static func isUTF8(_ value: UnsafeRawBufferPointer) -> Bool {
        if value.allSatisfy({ $0 < 0x80 }) { return true }
        var decoder = UTF8()
        var iterator = value.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue: continue
            case .emptyInput: return true
            case .error: return false
            }
        }
    }
}

/// FNV-1a, with an end that makes sums of it as good as the single ones.
private struct Hash {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }

    mutating func add(letterOrDigit byte: UInt8) {
        let lower = byte | 0x20
        if lower &- UInt8(ascii: "a") < 26 { add(lower) } else if byte &- UInt8(ascii: "0") < 10 { add(byte) }
    }

    var value: UInt64 {
        let mixed = (state ^ state >> 32) &* 0xd6e8_feb8_6659_fd93
        return mixed ^ mixed >> 32
    }
}
