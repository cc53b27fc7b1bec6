import Bytes
import CTLS
import Libc

@testable import TrustedCertificates

/// The scan of a certificate bundle against OpenSSL's, under AddressSanitizer: `./build.sh fuzz` builds and runs this.
/// An input is a file of PEM, or, where its first byte is odd, the DER of one certificate and, after it, of another.
///
/// What must hold of any input: no crash and no read beyond a buffer; what is plain OpenSSL accepts, and it finds the
/// same certificates there; and subjects that it holds to be equal have equal keys.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzCertificateBundles(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 0 else { return 0 }
    let rest = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let text = ByteBuffer(capacity: rest.count)
    if data[0] & 1 == 0 {
        text.append(rest)
    } else {
        let first = min(rest.count, Int(data[0] >> 1) * rest.count / 127)
        appendPEM(rest[..<first], to: text)
        appendPEM(rest[first...], to: text)
    }
    guard let bundle = CertificateBundle(text.padded) else { return 0 }
    let bio = BIO_new(BIO_s_mem())
    BIO_write(bio, text.base, CInt(text.count))
    defer { BIO_free(bio) }
    guard let list = PEM_X509_INFO_read_bio(bio, nil, nil, nil) else { fail("OpenSSL refuses what is plain") }
    defer { OPENSSL_sk_free(list) }
    must(Int(OPENSSL_sk_num(list)) == bundle.count, "OpenSSL finds another number of certificates")
    var certificates: [OpaquePointer?] = []
    for (index, entry) in bundle.entries.enumerated() {
        let information = OPENSSL_sk_value(list, CInt(index))?.assumingMemoryBound(to: X509_INFO.self)
        let certificate = information?.pointee.x509
        must(certificate != nil && information?.pointee.crl == nil, "OpenSSL finds something else")
        X509_up_ref(certificate)
        certificates.append(certificate)
        X509_INFO_free(information)
        must(der(of: certificate) == Array(bundle.der.bytes[entry.range]), "OpenSSL finds another certificate")
    }
    for one in bundle.entries.indices.prefix(8) {
        for other in bundle.entries.indices.prefix(8) where bundle.entries[one].subject != bundle.entries[other].subject
        {
            let names = [one, other].map { X509_get_subject_name(certificates[$0]) }
            must(X509_NAME_cmp(names[0], names[1]) != 0, "equal subjects have two keys")
        }
    }
    certificates.forEach { X509_free($0) }
    ERR_clear_error()
    return 0
}

private func appendPEM(_ der: Slice<UnsafeRawBufferPointer>, to text: ByteBuffer) {
    text.append("-----BEGIN CERTIFICATE-----\n")
    var at = der.startIndex
    while at < der.endIndex {
        let line = UnsafeRawBufferPointer(rebasing: der[at..<min(at + 48, der.endIndex)])
        text.appendUninitialized(atMost: 80) { room in
            Int(EVP_EncodeBlock(room, line.bindMemory(to: UInt8.self).baseAddress, CInt(line.count)))
        }
        text.append(UInt8(ascii: "\n"))
        at += line.count
    }
    text.append("-----END CERTIFICATE-----\n")
}

private func der(of certificate: OpaquePointer?) -> [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509(certificate, &start)
    defer { CRYPTO_free(start, "", 0) }
    return Array(UnsafeBufferPointer(start: start, count: max(0, Int(count))))
}

private func must(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
    if !holds { fail(otherwise()) }
}

private func fail(_ reason: String) -> Never {
    // Before it ends: nobody flushes what is printed.
    let text = reason + "\n"
    _ = text.withCString { write(2, $0, strlen($0)) }
    abort()
}
