import Libc

/// A certificate (RFC 5280 section 4.1) by rules that are narrower than those by which OpenSSL decodes one: what is
/// plain by these, `d2i_X509` accepts. One that it refuses makes OpenSSL refuse the whole file.
enum PlainCertificate {
    /// The key of the subject (`SubjectKey`); `nil` where the certificate is not plain.
    static func subject(of der: UnsafeRawBufferPointer) -> UInt64? {
        var whole = DERReader(der)
        guard var certificate = whole.descend(DERTag.sequence), whole.isAtEnd,
            var signed = certificate.descend(DERTag.sequence),
            isAlgorithm(&certificate), isBitString(certificate.read(DERTag.bitString)), certificate.isAtEnd,
            isVersion(&signed), isInteger(signed.read(DERTag.integer)), isAlgorithm(&signed),
            let subject = subject(&signed), isPublicKey(&signed), areExtensions(&signed), signed.isAtEnd
        else { return nil }
        return subject
    }

    /// The key of the subject, after the issuer and the validity. An authority that signed itself, as most have, has
    /// the same bytes twice.
    private static func subject(_ signed: inout DERReader) -> UInt64? {
        let start = signed.at
        guard signed.read(DERTag.sequence) != nil else { return nil }
        let issuer = signed.part(from: start)
        guard isValidity(&signed) else { return nil }
        let middle = signed.at
        guard let key = SubjectKey.read(&signed) else { return nil }
        let subject = signed.part(from: middle)
        if let one = issuer.baseAddress, let other = subject.baseAddress, issuer.count == subject.count,
            memcmp(one, other, issuer.count) == 0
        {
            return key
        }
        var reader = DERReader(issuer)
        return SubjectKey.read(&reader) == nil ? nil : key
    }

    private static func isVersion(_ signed: inout DERReader) -> Bool {
        guard signed.next == DERTag.version else { return true }  // the first version has none
        guard var holder = signed.descend(DERTag.version), let version = holder.read(DERTag.integer) else {
            return false
        }
        return version.count == 1 && version[0] <= 2 && holder.isAtEnd
    }

    private static func isInteger(_ value: UnsafeRawBufferPointer?) -> Bool {
        guard let value, let first = value.first else { return false }
        // No padding: the first nine bits are neither all zeros nor all ones.
        return value.count == 1 || !(first == 0 && value[1] < 0x80 || first == 0xFF && value[1] >= 0x80)
    }

    private static func isBitString(_ value: UnsafeRawBufferPointer?) -> Bool {
        guard let value else { return false }
        return value.count > 1 && value[0] == 0
    }

    private static func isAlgorithm(_ reader: inout DERReader) -> Bool {
        guard var algorithm = reader.descend(DERTag.sequence),
            isObjectIdentifier(algorithm.read(DERTag.objectIdentifier))
        else { return false }
        switch algorithm.next {
        case nil: return true
        case DERTag.null: return algorithm.read(DERTag.null)?.isEmpty == true && algorithm.isAtEnd
        case DERTag.objectIdentifier:
            return isObjectIdentifier(algorithm.read(DERTag.objectIdentifier)) && algorithm.isAtEnd
        case DERTag.sequence: return algorithm.read(DERTag.sequence) != nil && algorithm.isAtEnd
        default: return false
        }
    }

    private static func isValidity(_ signed: inout DERReader) -> Bool {
        guard var validity = signed.descend(DERTag.sequence) else { return false }
        return isTime(&validity) && isTime(&validity) && validity.isAtEnd
    }

    private static func isTime(_ validity: inout DERReader) -> Bool {
        let isShort = validity.next == DERTag.utcTime
        guard let time = validity.read(isShort ? DERTag.utcTime : DERTag.generalizedTime) else { return false }
        return time.count == (isShort ? 13 : 15) && time.last == UInt8(ascii: "Z")
            && time.dropLast().allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }

    private static func isPublicKey(_ signed: inout DERReader) -> Bool {
        guard var key = signed.descend(DERTag.sequence) else { return false }
        return isAlgorithm(&key) && isBitString(key.read(DERTag.bitString)) && key.isAtEnd
    }

    /// What an extension says OpenSSL reads when it verifies by the certificate, and that of any bundle.
    private static func areExtensions(_ signed: inout DERReader) -> Bool {
        guard signed.next == DERTag.extensions else { return true }
        guard var holder = signed.descend(DERTag.extensions), var list = holder.descend(DERTag.sequence), holder.isAtEnd
        else { return false }
        while !list.isAtEnd {
            guard var one = list.descend(DERTag.sequence), isObjectIdentifier(one.read(DERTag.objectIdentifier)),
                one.next != DERTag.boolean || one.read(DERTag.boolean)?.count == 1,
                one.read(DERTag.octetString) != nil, one.isAtEnd
            else { return false }
        }
        return true
    }
}

/// Each of its numbers is as short as can be and has an end.
func isObjectIdentifier(_ value: UnsafeRawBufferPointer?) -> Bool {
    guard let value, let last = value.last, last < 0x80 else { return false }
    var isStart = true
    for byte in value {
        if isStart && byte == 0x80 { return false }
        isStart = byte < 0x80
    }
    return true
}
