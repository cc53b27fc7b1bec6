import Bytes

/// The form in which a request is hashed, so that both sides hash the same bytes:
/// method, path, query, headers, names of the signed headers and payload digest, a line each.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
/// and for S3 https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
struct CanonicalRequest {
    let digest: SHA256Digest
    /// `host;x-amz-content-sha256;x-amz-date`
    let signedHeaders: String
    /// Path and query as they are sent, which the canonical ones are derived from.
    let target: String
    /// The hashed text itself. Tests look at it when a signature differs; it holds the session token.
    let text: String

    init(_ request: RequestToSign, _ headers: [(name: String, value: String)], _ rules: SigV4Signer.Rules) {
        let path = encodedPath(request.path)
        let query = canonicalQuery(request.query)
        let sorted = canonicalHeaders([("host", request.host)] + headers)
        signedHeaders = sorted.map(\.name).joined(separator: ";")
        target = query.isEmpty ? path : "\(path)?\(query)"

        let buffer = ByteBuffer(capacity: 1024)
        buffer.append("\(request.method)\n")
        buffer.append(rules == .s3 ? path : encodedPath(normalized(path)))
        buffer.append("\n\(query)\n")
        for (name, value) in sorted { buffer.append("\(name):\(value)\n") }
        buffer.append("\n\(signedHeaders)\n\(request.payload.hex)")
        digest = SHA256Digest(of: buffer.bytes)
        text = buffer.text
    }
}

private func encodedPath(_ path: String) -> String {
    let buffer = ByteBuffer(capacity: path.utf8.count + 32)
    PercentEncoding.append(path.isEmpty ? "/" : path, keepingSlash: true, to: buffer)
    return buffer.text
}

/// Dot segments and empty ones are taken out (RFC 3986 § 6.2.2.3), by the rules of all services but S3.
private func normalized(_ path: String) -> String {
    var kept: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
        if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
    }
    return "/" + kept.joined(separator: "/") + (path.hasSuffix("/") && !kept.isEmpty ? "/" : "")
}

/// Encoded first and sorted then, by name and value, in the order of bytes: `%` sorts before letters.
private func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
    let encoded = query.map { (encodedQueryPart($0.name), encodedQueryPart($0.value)) }
    return encoded.sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
}

private func encodedQueryPart(_ text: String) -> String {
    let buffer = ByteBuffer(capacity: text.utf8.count + 16)
    PercentEncoding.append(text, to: buffer)
    return buffer.text
}

/// Lower-case names in the order of bytes; values without white space at their ends and with single spaces inside;
/// the values of a name that occurs twice joined by commas in the order in which they are sent.
private func canonicalHeaders(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
    let lowered = headers.enumerated().map { (name: $1.name.lowercased(), place: $0, value: trimmed($1.value)) }
    var result: [(name: String, value: String)] = []
    for header in lowered.sorted(by: { ($0.name, $0.place) < ($1.name, $1.place) }) {
        if let last = result.last, last.name == header.name {
            result[result.count - 1].value += "," + header.value
        } else {
            result.append((header.name, header.value))
        }
    }
    return result
}

private func trimmed(_ value: String) -> String {
    value.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
        .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
}
