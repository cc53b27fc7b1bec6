import AWSSigning
import Foundation
import TestParts
import Testing

/// AWS's own Python implementation as a second opinion, on requests that nobody thought of.
@Suite struct BotocoreTests {
    struct Case: Decodable {
        var rules, service, region, method, host, path: String
        var query, headers: [[String]]
        var payload, accessKeyID, secret: String
        var token: String?
        var milliseconds: Int64
        var authorization: String
    }

    @Test func `five hundred random requests get botocore's signatures`() throws {
        let seed = Int.random(in: 0..<1_000_000)
        let lines = try TestParts.output(ofPython: TestParts.file("botocore_signatures.py"), ["\(seed)", "500"])
            .split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 500)
        for line in lines {
            let wanted = try JSONDecoder().decode(Case.self, from: Data(line))
            var signer = SigV4Signer(
                region: wanted.region, service: wanted.service, rules: wanted.rules == "s3" ? .s3 : .generic,
                credentials: AWSCredentials(
                    accessKeyID: wanted.accessKeyID, secretAccessKey: wanted.secret, sessionToken: wanted.token))
            let payload = bytes(hex: wanted.payload).withUnsafeBytes { SHA256Digest(of: $0) }
            let signed = signer.sign(
                RequestToSign(
                    wanted.method, host: wanted.host, path: wanted.path,
                    query: wanted.query.map { ($0[0], $0[1]) }, headers: wanted.headers.map { ($0[0], $0[1]) },
                    payload: payload),
                at: wanted.milliseconds)
            let authorization = signed.headers.first { $0.name == "Authorization" }?.value ?? ""
            // botocore puts a space after its commas.
            #expect(
                authorization == wanted.authorization.replacingOccurrences(of: ", ", with: ","),
                "seed \(seed): \(wanted)")
        }
    }
}

private func bytes(hex: String) -> [UInt8] {
    stride(from: 0, to: hex.utf8.count, by: 2).compactMap {
        UInt8(hex.dropFirst($0).prefix(2), radix: 16)
    }
}
