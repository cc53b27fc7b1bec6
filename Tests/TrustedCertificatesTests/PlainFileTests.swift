import Bytes
import Foundation
import Testing

@testable import TrustedCertificates

/// Which files are taken; OpenSSL reads the others itself.
@Suite struct `A plain bundle` {
    static let certificates = try! Certificates.random(seed: 1)
    static var two: String { certificates.authorities[0] + certificates.authorities[1] }

    static let plain: [(String, String)] = [
        ("certificates alone", two),
        (
            "a comment and a blank line before each",
            "# One\n\n" + two.replacing("-----BEGIN", with: "# Acme - é\n\n-----BEGIN")
        ),
        ("a comment at the end", two + "\n# that is all"),
        ("a comment with a carriage return", "# DOS\r\n" + two),
        ("no line break at the end", String(two.dropLast())),
        ("the same certificate twice", certificates.authorities[0] + two),
    ]

    @Test(arguments: plain) func `is read as OpenSSL reads it`(_ what: String, _ text: String) throws {
        let bundle = try #require(CertificateBundle(text: text), "\(what)")
        #expect(bundle.subjects == (try OpenSSL.subjects(in: text)), "\(what)")
    }

    static let body = two.split(separator: "\n")[1]

    static let others: [(String, String)] = [
        ("nothing", ""), ("text alone", "no certificate\n"),
        ("lines that end as in DOS", two.replacing("\n", with: "\r\n")),
        ("one line that ends as in DOS", two.replacing("\(body)\n", with: "\(body)\r\n")),
        ("a byte order mark", "\u{FEFF}" + two), ("white space before a block", " " + two),
        ("white space after its head", two.replacing("CERTIFICATE-----\n", with: "CERTIFICATE----- \n")),
        ("a zero byte in a comment", "# \0\n" + two), ("dashes in a comment", "# -----\n" + two),
        ("a block that OpenSSL trusts for some purposes", two.replacing("CERTIFICATE", with: "TRUSTED CERTIFICATE")),
        ("the old name of a block", two.replacing("CERTIFICATE", with: "X509 CERTIFICATE")),
        ("a list of revoked certificates", two + "-----BEGIN X509 CRL-----\nMAAA\n-----END X509 CRL-----\n"),
        ("a key", "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n" + two),
        ("a header", two.replacing("\(body)\n", with: "Proc-Type: 4,ENCRYPTED\n\n\(body)\n")),
        ("a blank line in a block", two.replacing("\(body)\n", with: "\(body)\n\n")),
        ("a line of 63 characters", two.replacing("\(body)\n", with: "\(body.dropLast())\n\(body.suffix(1))")),
        ("a line of 65 characters", two.replacing("\(body)\n", with: "\(body)A\n")),
        ("a character that is not base64", two.replacing("\(body)\n", with: "\(body.dropLast())!\n")),
        ("padding in the middle", two.replacing("\(body)\n", with: "\(body.dropLast())=\n")),
        ("an empty block", two + "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        ("a block without an end", String(two.dropLast(26))), ("half of a block", String(two.dropLast(200))),
        ("a block that is not a certificate", two + "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n"),
    ]

    @Test(arguments: others) func `holds nothing else`(_ what: String, _ text: String) {
        #expect(CertificateBundle(text: text) == nil, "\(what)")
    }

    @Test func `has no certificate that OpenSSL would refuse`() throws {
        var random = SystemRandomNumberGenerator()
        var counts = (plain: 0, refused: 0)
        for text in Self.certificates.authorities.prefix(20) {
            let der = try #require(Data(base64Encoded: text.split(separator: "\n").dropFirst().dropLast().joined()))
            for index in der.indices {
                for byte: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                    var changed = der
                    changed[index] = byte
                    let isPlain = changed.withUnsafeBytes { PlainCertificate.subject(of: $0) } != nil
                    if isPlain { #expect(OpenSSL.accepts(changed), "\(changed.base64EncodedString())") }
                }
            }
            for _ in 0..<300 {
                var changed = der
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                if Bool.random(using: &random) {
                    changed = changed.prefix(Int.random(in: 1...changed.count, using: &random))
                }
                let accepts = OpenSSL.accepts(changed)
                let isPlain = changed.withUnsafeBytes { PlainCertificate.subject(of: $0) } != nil
                #expect(!isPlain || accepts, "\(changed.base64EncodedString())")
                counts.plain += isPlain ? 1 : 0
                counts.refused += accepts ? 0 : 1
            }
        }
        #expect(counts.plain > 300 && counts.refused > 300, "\(counts)")
    }

    @Test func `is any system's`() throws {
        let known = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"]
        guard let path = known.first(where: { FileManager.default.isReadableFile(atPath: $0) }) else { return }
        let bundle = try #require(CertificateBundle(file: path))
        #expect(bundle.subjects == (try OpenSSL.subjects(in: String(contentsOfFile: path, encoding: .utf8))))
        // A subject that several have costs as much as the whole file: an authority that has renewed its certificate.
        #expect(Set(bundle.entries.map(\.subject)).count > bundle.count - 4)
    }

    @Test func `is none that cannot be read`() {
        for path in ["/nowhere.pem", "/", "/dev/null", "/dev/zero"] { #expect(CertificateBundle(file: path) == nil) }
    }
}
