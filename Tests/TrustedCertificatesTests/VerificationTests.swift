import Bytes
import CTLS
import Foundation
import HTTP
import TestParts
import Testing

@testable import TrustedCertificates

/// Certificates are accepted and refused as by OpenSSL with the whole bundle.
@Suite(.serialized) struct Verification {
    struct Case: Decodable {
        var name, bundle: String
        var trusted: Bool
        /// What a refusal is taken for, where it is not `untrusted`.
        var refusal: String?
        var port: Int
    }

    @Test func `servers are trusted or not, with the look-up and with the whole file`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try PythonServer<[Case]>(Certificates.script, ["serve", folder.path])
        let cases = server.ready
        #expect(cases.count > 25)
        for one in cases {
            #expect(CertificateBundle(file: one.bundle) != nil, "\(one.name)")
            let quick = answers(one, one.bundle)
            // A carriage return, and OpenSSL reads the file itself.
            let whole = one.bundle + ".whole"
            try String(contentsOfFile: one.bundle, encoding: .utf8).replacingOccurrences(of: "\n", with: "\r\n")
                .write(toFile: whole, atomically: true, encoding: .utf8)
            #expect(CertificateBundle(file: whole) == nil)
            #expect(quick == answers(one, whole), "\(one.name)")
            let wanted =
                one.trusted ? ["ok", "ok", "untrusted"] : Array(repeating: one.refusal ?? "untrusted", count: 3)
            #expect(quick == wanted, "\(one.name)")
        }
    }

    /// What becomes of three requests of one client, each over a connection of its own. By its address the server is
    /// another host, which no certificate is for.
    private func answers(_ one: Case, _ bundle: String) -> [String] {
        let client = HTTPClient(.init(certificateBundle: bundle, usesProxyEnvironment: false))
        return ["localhost", "localhost", "127.0.0.1"].map { (host) -> String in
            do throws(HTTPFailure) {
                return try client.send(HTTPRequest(.get, "https://\(host):\(one.port)/")).body.text
            } catch {
                #expect(error.kind != .untrusted || error.description.contains("certificate"), "\(error)")
                return "\(error.kind)"
            }
        }
    }

    @Test func `a later connection takes up the session of an earlier one`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sessions-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try PythonServer<[Case]>(Certificates.script, ["serve", folder.path])
        let one = try #require(server.ready.first)
        let client = HTTPClient(.init(certificateBundle: one.bundle, usesProxyEnvironment: false))
        let sessions = try (1...3).map { _ in
            try client.send(HTTPRequest(.get, "https://localhost:\(one.port)/")).headers["Session"]
        }
        #expect(sessions == ["new", "resumed", "resumed"])
    }

    @Test func `a bundle that cannot be used is named, whoever reads it`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bundles-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try PythonServer<[Case]>(Certificates.script, ["serve", folder.path])
        let one = try #require(server.ready.first)
        let empty = folder.appendingPathComponent("empty.pem").path
        try "".write(toFile: empty, atomically: true, encoding: .utf8)
        // One certificate that is broken makes OpenSSL refuse all of them.
        let broken = folder.appendingPathComponent("broken.pem").path
        try
            (String(contentsOfFile: one.bundle, encoding: .utf8)
            + "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n")
            .write(toFile: broken, atomically: true, encoding: .utf8)
        for path in ["/nowhere.pem", empty, broken] {
            let client = HTTPClient(.init(certificateBundle: path, usesProxyEnvironment: false))
            let failure = #expect(throws: HTTPFailure.self) {
                try client.send(HTTPRequest(.get, "https://localhost:\(one.port)/"))
            }
            #expect(failure?.kind == .untrusted)
            #expect("\(failure.map { "\($0)" } ?? "")".contains(path))
        }
    }

    @Test func `random chains get the verdict that the whole file gets`() throws {
        let seed = Int.random(in: 0..<1_000_000)
        let texts = try Certificates.random(seed: seed)
        let authorities = try OpenSSL.certificates(in: texts.authorities.joined())
        let leaves = try OpenSSL.certificates(in: texts.leaves.joined())
        defer { (authorities + leaves).forEach { X509_free($0) } }
        var random = SplitMix(seed: UInt64(seed))
        var counts: [String: Int] = [:]
        for round in 0..<150 {
            let all = (texts.authorities + texts.leaves).shuffled(using: &random)
            let text = all.prefix(Int.random(in: 1...[3, 20, 140].randomElement(using: &random)!, using: &random))
                .joined()
            let bundle = try #require(CertificateBundle(text: text), "seed \(seed)")
            let (whole, quick) = (OpenSSL.context(), OpenSSL.context())
            defer {
                SSL_CTX_free(whole)
                SSL_CTX_free(quick)
            }
            for certificate in try OpenSSL.certificates(in: text) {
                X509_STORE_add_cert(SSL_CTX_get_cert_store(whole), certificate)
                X509_free(certificate)
            }
            #expect(bundle.add(toContext: UnsafeMutableRawPointer(quick)))
            for leaf in leaves.shuffled(using: &random).prefix(12) {
                let sent = Array(authorities.shuffled(using: &random).prefix(Int.random(in: 0...40, using: &random)))
                let wanted = OpenSSL.verdict(
                    on: leaf, sent: sent, store: SSL_CTX_get_cert_store(whole), host: "host.test")
                let found = OpenSSL.verdict(
                    on: leaf, sent: sent, store: SSL_CTX_get_cert_store(quick), host: "host.test")
                #expect(found == wanted, "seed \(seed), round \(round)")
                counts["\(wanted.error) \(wanted.chain.count)", default: 0] += 1
            }
            counts[bundle.decodedCount == bundle.count ? "whole" : "quick", default: 0] += 1
        }
        print(
            "verdicts (error, length of the chain):", counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        )
        let trusted = counts.filter { $0.key.hasPrefix("0 ") }.values.reduce(0, +)
        #expect(
            trusted > 20 && counts.count > 6 && counts["quick", default: 0] > 10 && counts["whole", default: 0] > 10)
    }

    @Test func `a certificate is decoded when it is asked for, and no other`() throws {
        let path = "/etc/ssl/certs/ca-certificates.crt"
        guard let bundle = CertificateBundle(file: path) else { return }
        let context = OpenSSL.context()
        defer { SSL_CTX_free(context) }
        #expect(bundle.add(toContext: UnsafeMutableRawPointer(context)))
        let roots = try OpenSSL.certificates(in: String(contentsOfFile: path, encoding: .utf8))
        defer { roots.forEach { X509_free($0) } }
        let store = SSL_CTX_get_cert_store(context)!
        for (index, root) in roots.prefix(5).enumerated() {
            #expect(OpenSSL.verdict(on: root, sent: [], store: store, host: "host.test").chain.count == 1)
            #expect(bundle.decodedCount == index + 1)
        }
    }
}

extension CertificateBundle {
    var decodedCount: Int { entries.count { $0.decoded != nil } }
}
