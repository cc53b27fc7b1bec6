import Bytes

/// What a page of ListObjectsV2 is asked for with.
struct ListRequest {
    var prefix: String
    /// Only keys behind this one.
    var startAfter: String?
    var maxKeys: Int
}

/// Why an answer to ListObjectsV2 is not the list that was asked for. To take it for one would let objects be
/// overlooked.
enum UnreadableList: Error, Equatable, CustomStringConvertible {
    case notWhole
    case foreignKey
    case notBehindStart
    case unordered
    case encodedInSilence
    case tooMany(asked: Int)
    case truncatedToNothing

    var description: String {
        switch self {
        case .notWhole: "the answer is not a whole ListBucketResult"
        case .foreignKey:
            "the answer lists a key that does not begin with the prefix asked for; "
                + "does the endpoint encode keys and not say so (EncodingType)?"
        case .notBehindStart: "the answer lists a key that is not behind start-after"
        case .encodedInSilence:
            "the answer lists percent-encoded keys and does not say so (EncodingType); the endpoint is not to be relied on"
        case .unordered: "the answer lists keys that are not in the order of their bytes"
        case .tooMany(let asked): "the answer lists more keys than the \(asked) asked for"
        case .truncatedToNothing: "the answer is truncated and lists no key"
        }
    }
}

/// The answer to ListObjectsV2.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_ResponseSyntax
enum ObjectList {
    /// The page, keys decoded.
    /// - Throws: where `body` is not a list from its beginning to its end, or not the one that was asked for.
    static func page(_ body: ByteBuffer, _ request: ListRequest) throws(UnreadableList) -> S3.KeyPage {
        guard let root = XMLText.content(ofRoot: "ListBucketResult", in: body.bytes) else { throw .notWhole }
        var encodedKeys: [UnsafeRawBufferPointer] = []
        // A server that ignores encoding-type does not echo it; some echo it behind the keys.
        var isEncoded = false
        var isTruncated = false
        var members = XMLElements(root)
        while let (name, content) = members.next() {
            if name.isEqual(to: "Contents") {
                encodedKeys.append(try key(content))
            } else if name.isEqual(to: "EncodingType") {
                isEncoded = content.isEqual(to: "url")
            } else if name.isEqual(to: "IsTruncated") {
                isTruncated = content.isEqual(to: "true")
            }
        }
        guard members.isAtEnd else { throw .notWhole }
        if isTruncated, encodedKeys.isEmpty { throw .truncatedToNothing }
        if encodedKeys.count > request.maxKeys { throw .tooMany(asked: request.maxKeys) }
        return S3.KeyPage(keys: try decoded(encodedKeys, isEncoded: isEncoded, request), isTruncated: isTruncated)
    }

    /// The key of one `Contents`, as it stands there.
    private static func key(_ content: UnsafeRawBufferPointer) throws(UnreadableList) -> UnsafeRawBufferPointer {
        var members = XMLElements(content)
        while let (name, content) = members.next() {
            if name.isEqual(to: "Key") { return content }
        }
        throw .notWhole
    }

    private static func decoded(
        _ keys: [UnsafeRawBufferPointer], isEncoded: Bool, _ request: ListRequest
    ) throws(UnreadableList) -> [String] {
        let prefix = bytes(request.prefix)
        // Each key must lie behind the one before it, the first one behind where the list is to start.
        var last = bytes(request.startAfter ?? "")
        var hasLast = request.startAfter != nil
        var key = ByteBuffer(capacity: 1024)
        let escaped = ByteBuffer(capacity: 1024)
        var decoded: [String] = []
        decoded.reserveCapacity(keys.count)
        for raw in keys {
            key.removeAll()
            if isEncoded {
                escaped.removeAll()
                XMLText.appendUnescaped(raw, to: escaped)
                appendPercentDecoded(escaped.bytes, to: key, isForm: true)
            } else {
                XMLText.appendUnescaped(raw, to: key)
                // No key of ours holds an encoded plus sign, and every one a plain one.
                if key.bytes.contains("%2B") { throw .encodedInSilence }
            }
            guard key.bytes.has(prefix.bytes, at: 0) else { throw .foreignKey }
            guard !hasLast || last.bytes.isBefore(key.bytes) else {
                throw decoded.isEmpty ? .notBehindStart : .unordered
            }
            decoded.append(key.text)
            hasLast = true
            swap(&key, &last)
        }
        return decoded
    }

    private static func bytes(_ text: String) -> ByteBuffer {
        let buffer = ByteBuffer(capacity: max(1024, text.utf8.count))
        buffer.append(text)
        return buffer
    }
}
