import Bytes
import Libc

/// The form in which a request is hashed, so that both sides hash the same bytes:
/// method, path, query, headers, names of the signed headers and payload digest, a line each.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
/// and for S3 https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
///
/// It is written straight into one buffer: every object that is stored is signed, and taking each header through
/// strings of its own costs more than all else that is done for an object of a few records.
struct CanonicalRequest {
    let digest: SHA256Digest
    /// `host;x-amz-content-sha256;x-amz-date`; until the next request is written.
    let signedHeaders: ByteBuffer
    /// Path and query as they are sent, which the canonical ones are derived from.
    let target: String

    /// What requests are written into, one after the other.
    struct Scratch {
        let text = ByteBuffer(capacity: 2048)
        let signedHeaders = ByteBuffer(capacity: 512)
    }

    init(
        _ request: RequestToSign, _ headers: [(name: String, value: String)], _ rules: SigV4Signer.Rules,
        _ scratch: Scratch
    ) {
        let path = encodedPath(request.path)
        let query = request.query.isEmpty ? "" : canonicalQuery(request.query)
        target = query.isEmpty ? path : "\(path)?\(query)"

        let buffer = scratch.text
        buffer.removeAll()
        signedHeaders = scratch.signedHeaders
        signedHeaders.removeAll()
        buffer.append(request.method)
        buffer.append("\n")
        buffer.append(rules == .s3 ? path : encodedPath(normalized(path)))
        buffer.append("\n")
        buffer.append(query)
        buffer.append("\n")
        appendHeaders(headers, host: request.host, to: buffer, names: signedHeaders)
        buffer.append("\n")
        buffer.append(signedHeaders.bytes)
        buffer.append("\n")
        request.payload.appendHex(to: buffer)
        digest = SHA256Digest(of: buffer.bytes)
    }
}

extension RequestToSign {
    /// As it is sent to a server that asks for no signature.
    package var unsigned: SignedRequest {
        let path = encodedPath(path)
        return SignedRequest(target: query.isEmpty ? path : "\(path)?\(canonicalQuery(query))", headers: headers)
    }
}

private func encodedPath(_ path: String) -> String {
    if PercentEncoding.isPlain(path, keepingSlash: true) { return path.isEmpty ? "/" : path }
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
    let buffer = ByteBuffer(capacity: 512)
    for (name, value) in encoded.sorted(by: <) {
        if !buffer.isEmpty { buffer.append("&") }
        buffer.append(name)
        buffer.append("=")
        buffer.append(value)
    }
    return buffer.text
}

private func encodedQueryPart(_ text: String) -> String {
    if PercentEncoding.isPlain(text) { return text }
    let buffer = ByteBuffer(capacity: text.utf8.count + 16)
    PercentEncoding.append(text, to: buffer)
    return buffer.text
}

/// A line for each name, in lower case and in the order of bytes; the values of a name that occurs twice stand on one
/// line, joined by commas in the order in which they are sent.
private func appendHeaders(
    _ headers: [(name: String, value: String)], host: String, to buffer: ByteBuffer, names: ByteBuffer
) {
    var lines: [(name: String, value: String)] = []
    lines.reserveCapacity(headers.count + 1)
    lines.append(("host", host))
    for (name, value) in headers { lines.append((lowercased(name), value)) }
    // The sort is stable: what has one name stays in its order.
    lines.sort { $0.name < $1.name }
    var last: String?
    for (name, value) in lines {
        if name == last {
            buffer.truncate(to: buffer.count - 1)
            buffer.append(",")
        } else {
            if last != nil { names.append(";") }
            names.append(name)
            buffer.append(name)
            buffer.append(":")
        }
        appendTrimmed(value, to: buffer)
        buffer.append("\n")
        last = name
    }
}

/// Nearly all names that come here are in lower case already.
private func lowercased(_ name: String) -> String {
    var name = name
    let hasUpperCase = name.withUTF8 { bytes in bytes.contains { $0 &- UInt8(ascii: "A") < 26 } }
    return hasUpperCase ? name.lowercased() : name
}

/// Without white space at the ends and with single spaces inside.
private func appendTrimmed(_ value: String, to buffer: ByteBuffer) {
    var value = value
    value.withUTF8 { bytes in
        // Most values have none, a session's token of a thousand bytes among them.
        guard hasBlank(bytes) else { return buffer.append(UnsafeRawBufferPointer(bytes)) }
        for (index, word) in bytes.split(whereSeparator: isBlank).enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: " ")) }
            buffer.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: word)))
        }
    }
}

/// `memchr` looks at a whole register of bytes at a time.
private func hasBlank(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    return memchr(base, 0x20, bytes.count) != nil || memchr(base, 0x09, bytes.count) != nil
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
