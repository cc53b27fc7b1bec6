import Base64
import Bytes
import Libc

/// Finds the certificates in a PEM file (RFC 7468), as long as it looks as certificate bundles do: blocks of
/// `CERTIFICATE` with lines of 64 characters, and lines of text between them.
///
/// It stops at everything that OpenSSL might read in another way, or refuse: other kinds of block, headers, a carriage
/// return, white space, lines of another length.
struct PEMScan {
    private let text: PaddedBytes
    private var at = 0

    init(_ text: PaddedBytes) { self.text = text }

    /// Whether all of the text has been read: otherwise it is out of the ordinary.
    private(set) var isAtEnd = false

    /// Appends the bytes of the next certificate and gives their place in `der`; `nil` where there is none, or where
    /// the text is out of the ordinary.
    mutating func nextCertificate(appendingTo der: ByteBuffer) -> Range<Int>? {
        while !take("-----BEGIN CERTIFICATE-----\n") {
            guard at < text.count else {
                isAtEnd = true
                return nil
            }
            guard skipLine() else { return nil }
        }
        let start = der.count
        while at + 65 <= text.count, text[at + 64] == newline, text[at] != dash {
            guard decode(64, appendingTo: der) else { return nil }
        }
        if let rest = text.bytes[at...].prefix(64).firstIndex(where: { $0 == newline }), text[at] != dash {
            guard decode(rest - at, appendingTo: der) else { return nil }
        }
        guard der.count > start, take("-----END CERTIFICATE-----") else { return nil }
        // The last line of a file may lack its end.
        guard at == text.count || take("\n") else { return nil }
        return start..<der.count
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard length <= text.count - at, memcmp(text.start + at, word.utf8Start, length) == 0 else { return false }
        at += length
        return true
    }

    /// A line of base64, with its end. Padding ends the certificate: what follows it is not a line of it.
    private mutating func decode(_ length: Int, appendingTo der: ByteBuffer) -> Bool {
        guard length > 0, Base64.decode(text[at..<at + length], appendingTo: der)
        else { return false }
        let isPadded = text[at + length - 1] == UInt8(ascii: "=")
        at += length + 1
        return !isPadded || (at < text.count && text[at] == dash)
    }

    /// A line of text between two blocks. OpenSSL reads long lines in pieces, each of which might begin a block: so
    /// none may hold what a block begins with. A zero byte would end the line for it.
    private mutating func skipLine() -> Bool {
        var dashes = 0
        while at < text.count {
            let byte = text[at]
            at += 1
            if byte == newline { return true }
            dashes = byte == dash ? dashes + 1 : 0
            guard dashes < 5, byte != 0 else { return false }
        }
        return true
    }
}

private let newline = UInt8(ascii: "\n")
private let dash = UInt8(ascii: "-")
