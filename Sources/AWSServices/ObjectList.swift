/// The answer to ListObjectsV2.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_ResponseSyntax
enum ObjectList {
    /// The page, keys decoded; `nil` where `xml` is not a list from its beginning to its end: half a list would let
    /// objects be overlooked.
    static func page(_ xml: String) -> S3.KeyPage? {
        guard firstRange(of: "<ListBucketResult", in: xml) != nil, trimmedEnd(xml).hasSuffix("</ListBucketResult>") else { return nil }
        // A server that ignores encoding-type does not echo it.
        let isEncoded = XMLText.first("EncodingType", in: xml) == "url"
        var keys: [String] = []
        XMLText.each("Contents", in: xml.utf8[...]) { content in
            XMLText.each("Key", in: content) { key in
                let text = XMLText.unescaped(key)
                keys.append(isEncoded ? percentDecoded(text.utf8[...], isForm: true) : text)
                return false
            }
            return true
        }
        return S3.KeyPage(keys: keys, isTruncated: XMLText.first("IsTruncated", in: xml) == "true")
    }

    private static func trimmedEnd(_ text: String) -> String {
        var bytes = text.utf8[...]
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
