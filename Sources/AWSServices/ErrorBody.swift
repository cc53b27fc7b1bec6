import HTTP

/// What an error answer says: code, message and region, wherever the service put them.
/// Whatever arrives, however broken, gives *something*: an error about an error helps nobody.
struct ErrorBody {
    var code: String?
    var message: String?
    /// The region that S3 says the bucket is in.
    var region: String?

    init(_ response: HTTPResponse) {
        let bytes = UnsafeRawBufferPointer(rebasing: response.body.bytes.prefix(65_536))
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            let text = String(decoding: bytes, as: UTF8.self)
            // https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
            code = FlatJSON.string("__type", in: text)
            message = FlatJSON.string("message", in: text) ?? FlatJSON.string("Message", in: text)
        } else {
            // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
            code = XMLText.first("Code", in: bytes)
            message = XMLText.first("Message", in: bytes)
            region = XMLText.first("Region", in: bytes)
        }
        // JSON services name the error in a header, too. Either may stand behind a namespace
        // ("com.amazonaws.glue#Name") and before an address ("Name:http://…").
        code = (response.headers["x-amzn-ErrorType"] ?? code).map {
            oneLine(String($0.prefix { $0 != ":" }.split(separator: "#").last ?? ""), limit: 80)
        }
        if code?.isEmpty == true { code = nil }
        region = response.headers["x-amz-bucket-region"] ?? region
    }
}

/// One line of printable text: what a server writes must not break a log.
func oneLine(_ text: String, limit: Int = 300) -> String {
    let safe = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) }
    let line = String(safe).split(separator: " ").joined(separator: " ")
    return line.count > limit ? line.prefix(limit) + "…" : line
}
