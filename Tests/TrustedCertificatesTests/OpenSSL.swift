import Bytes
import CTLS
import Foundation
import TestParts

@testable import TrustedCertificates

/// What certificates.py makes.
struct Certificates: Decodable {
    let authorities, leaves: [String]

    static func random(seed: Int) throws -> Certificates {
        try JSONDecoder().decode(
            Certificates.self, from: TestParts.output(ofPython: script, ["random", "\(seed)"]))
    }

    static let script = TestParts.file("certificates.py")
}

extension CertificateBundle {
    convenience init?(text: String) {
        let buffer = ByteBuffer()
        buffer.append(text)
        self.init(buffer.padded)
    }

    /// In the order of the file, as OpenSSL writes them.
    var subjects: [String] {
        entries.map { entry in
            var start = UnsafeRawBufferPointer(rebasing: der.bytes[entry.range]).bindMemory(to: UInt8.self).baseAddress
            let certificate = d2i_X509(nil, &start, entry.range.count)
            defer { X509_free(certificate) }
            return OpenSSL.subject(of: certificate)
        }
    }
}

/// OpenSSL with the whole file, as libcurl has it: the opinion that counts.
enum OpenSSL {
    static func accepts(_ der: Data) -> Bool {
        der.withUnsafeBytes { bytes in
            var start = bytes.bindMemory(to: UInt8.self).baseAddress
            let certificate = d2i_X509(nil, &start, bytes.count)
            defer {
                X509_free(certificate)
                ERR_clear_error()
            }
            return certificate != nil
        }
    }

    static func subject(of certificate: OpaquePointer?) -> String {
        guard let line = X509_NAME_oneline(X509_get_subject_name(certificate), nil, 0) else { return "" }
        defer { CRYPTO_free(line, "", 0) }
        return String(cString: line)
    }

    struct Refusal: Error {}

    static func subjects(in text: String) throws -> [String] { try certificates(in: text).map { subject(of: $0) } }

    /// The caller frees them.
    static func certificates(in text: String) throws -> [OpaquePointer] {
        let bio = Array(text.utf8).withUnsafeBytes { bytes in
            let bio = BIO_new(BIO_s_mem())
            BIO_write(bio, bytes.baseAddress, CInt(bytes.count))
            return bio
        }
        defer { BIO_free(bio) }
        guard let list = PEM_X509_INFO_read_bio(bio, nil, nil, nil) else { throw Refusal() }
        defer { OPENSSL_sk_free(list) }
        return (0..<OPENSSL_sk_num(list)).compactMap { index in
            let info = OPENSSL_sk_value(list, index)?.assumingMemoryBound(to: X509_INFO.self)
            defer { X509_INFO_free(info) }
            if let certificate = info?.pointee.x509 { X509_up_ref(certificate) }
            return info?.pointee.x509
        }
    }

    /// Whether the chain holds, and as what it stands: OpenSSL's error and the certificates' subjects and serials.
    struct Verdict: Equatable, CustomStringConvertible {
        let error: Int
        let chain: [Data]
        var description: String {
            "\(String(cString: X509_verify_cert_error_string(error))), \(chain.count) certificates"
        }
    }

    static func verdict(
        on leaf: OpaquePointer, sent: [OpaquePointer], store: OpaquePointer, host: String
    ) -> Verdict {
        let others = OPENSSL_sk_new_null()
        for certificate in sent { OPENSSL_sk_push(others, UnsafeRawPointer(certificate)) }
        let context = X509_STORE_CTX_new()
        defer {
            X509_STORE_CTX_free(context)
            OPENSSL_sk_free(others)
            ERR_clear_error()
        }
        X509_STORE_CTX_init(context, store, leaf, others)
        X509_STORE_CTX_set_default(context, "ssl_server")
        X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), host, host.utf8.count)
        X509_verify_cert(context)
        let chain = X509_STORE_CTX_get0_chain(context)
        return Verdict(
            error: Int(X509_STORE_CTX_get_error(context)),
            chain: (0..<max(0, OPENSSL_sk_num(chain))).map { der(of: OpaquePointer(OPENSSL_sk_value(chain, $0)!)) })
    }

    private static func der(of certificate: OpaquePointer) -> Data {
        var start: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(certificate, &start)
        defer { CRYPTO_free(start, "", 0) }
        return Data(bytes: start!, count: Int(count))
    }

    /// A TLS context with libcurl's settings; the caller frees it.
    static func context() -> OpaquePointer {
        let context = SSL_CTX_new(TLS_client_method())!
        X509_STORE_set_flags(
            SSL_CTX_get_cert_store(context), UInt(X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN))
        return context
    }
}
