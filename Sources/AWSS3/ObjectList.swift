import AWSSigning
import Bytes
import XML

/// Why a response to ListObjectsV2 is not the list that was asked for. To take it for one would let objects be
/// overlooked.
enum UnreadableList: Error, Equatable, CustomStringConvertible {
    case incomplete
    case foreignKey
    case notAfterStart
    case unordered
    case silentlyEncoded
    case tooMany(asked: Int)
    case truncatedToNothing

    var description: String {
        switch self {
        case .incomplete: "the response is not a complete ListBucketResult"
        case .foreignKey:
            "the response lists a key that does not begin with the requested prefix; "
                + "does the endpoint encode keys without saying so (EncodingType)?"
        case .notAfterStart: "the response lists a key that does not come after start-after"
        case .silentlyEncoded:
            "the response lists percent-encoded keys without saying so (EncodingType); this endpoint is not reliable"
        case .unordered: "the response lists keys that are not in byte order"
        case .tooMany(let asked): "the response lists more than the \(asked) requested keys"
        case .truncatedToNothing: "the response is truncated and lists no key"
        }
    }
}

/// The response to ListObjectsV2.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_ResponseSyntax
enum ObjectList {
    /// The page, keys decoded.
    /// - Throws: where `body` is not a list from its beginning to its end, or not the one that was asked for.
    static func page(_ body: ByteBuffer, _ request: ListObjects) throws(UnreadableList) -> ListObjects.Page {
        guard let root = XMLText.content(ofRoot: "ListBucketResult", in: body.bytes) else { throw .incomplete }
        var encodedKeys: [UnsafeRawBufferPointer] = []
        // A server that ignores encoding-type does not echo it; some echo it after the keys.
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
        guard members.isAtEnd else { throw .incomplete }
        if isTruncated, encodedKeys.isEmpty { throw .truncatedToNothing }
        if encodedKeys.count > request.maxKeys { throw .tooMany(asked: request.maxKeys) }
        return ListObjects.Page(keys: try decoded(encodedKeys, isEncoded: isEncoded, request), isTruncated: isTruncated)
    }

    /// The key of one `Contents`, verbatim.
    private static func key(_ content: UnsafeRawBufferPointer) throws(UnreadableList) -> UnsafeRawBufferPointer {
        var members = XMLElements(content)
        while let (name, content) = members.next() {
            if name.isEqual(to: "Key") { return content }
        }
        throw .incomplete
    }

    private static func decoded(
        _ keys: [UnsafeRawBufferPointer], isEncoded: Bool, _ request: ListObjects
    ) throws(UnreadableList) -> [String] {
        let prefix = bytes(request.prefix)
        // Each key must come after the one before it, the first one after where the list is to start.
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
                PercentEncoding.decode(escaped.bytes, to: key, isForm: true)
            } else {
                XMLText.appendUnescaped(raw, to: key)
                // No key of ours holds an encoded plus sign, and every one a plain one.
                if key.bytes.contains("%2B") { throw .silentlyEncoded }
            }
            guard key.bytes.has(prefix.bytes, at: 0) else { throw .foreignKey }
            guard !hasLast || last.bytes.isBefore(key.bytes) else {
                throw decoded.isEmpty ? .notAfterStart : .unordered
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
