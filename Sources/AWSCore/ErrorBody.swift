import Bytes
import HTTP
import JSON
import XML

/// What an error answer says: code, message and region, wherever the service put them.
/// Whatever arrives, however broken, gives *something*: an error about an error helps nobody.
struct ErrorBody {
    var code: String?
    var message: String?
    /// The region that S3 says the bucket is in.
    var region: String?

    init(_ response: HTTPResponse) {
        let body = response.body.padded.prefix(65_536)
        if body.bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            // https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
            code = JSONObject.string("__type", in: body)
            message = JSONObject.string("message", in: body) ?? JSONObject.string("Message", in: body)
        } else {
            // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
            code = XMLText.first("Code", in: body.bytes)
            message = XMLText.first("Message", in: body.bytes)
            region = XMLText.first("Region", in: body.bytes)
        }
        // JSON services name the error in a header, too. Either may follow a namespace
        // ("com.amazonaws.glue#Name") and precede a URL ("Name:http://…").
        code = (response.headers["x-amzn-ErrorType"] ?? code).map {
            oneLine(String($0.prefix { $0 != ":" }.split(separator: "#").last ?? ""), limit: 80)
        }
        if code?.isEmpty == true { code = nil }
        region = response.headers["x-amz-bucket-region"] ?? region
    }
}
