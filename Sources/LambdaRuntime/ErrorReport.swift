import Bytes
import JSON
import Libc

/// An error as the Runtime API accepts it.
struct ErrorReport: Equatable {
    let type: String
    let message: String

    /// Any error will do. One that is not `ReportableError` is named after its Swift type and described by itself.
    init(_ error: any Error) {
        let reportable = error as? any ReportableError
        type = ErrorType.valid(reportable?.errorType ?? "Function.\(Swift.type(of: error))")
        message = (reportable?.errorMessage ?? "\(error)").bounded(to: 64 * 1024)
    }

    /// `{"errorMessage":…,"errorType":…,"stackTrace":[]}`
    var body: ByteBuffer {
        let body = ByteBuffer(capacity: message.utf8.count + 128)
        body.append("{\"errorMessage\":")
        JSONWriter.appendString(message, to: body)
        body.append(",\"errorType\":")
        JSONWriter.appendString(type, to: body)
        body.append(",\"stackTrace\":[]}")
        return body
    }

    var headers: [(name: String, value: String)] {
        [(HeaderName.errorType, type), (HeaderName.errorCause, cause)]
    }

    /// What X-Ray shows of the error. The service accepts up to 1 MiB; a header line is not the place for that much, so
    /// the message is cut to 4 KiB, and it is ASCII since other bytes have no meaning in a header (RFC 9110 § 5.5).
    private var cause: String {
        let cause = ByteBuffer(capacity: 512)
        cause.append("{\"working_directory\":")
        JSONWriter.appendString(workingDirectory, to: cause)
        cause.append(",\"exceptions\":[{\"type\":")
        JSONWriter.appendString(type, to: cause)
        cause.append(",\"message\":")
        JSONWriter.appendString(message.bounded(to: 4096), to: cause)
        cause.append(",\"stack\":[]}],\"paths\":[]}")
        return cause.text.withASCIIEscapes
    }
}

/// The form of error types that the service keeps: `(Runtime|Function)\.[A-Z][a-zA-Z]+`.
/// It shows anything else as `Runtime.Unknown`, which does not help anyone.
enum ErrorType {
    static let unknown = "Function.Unknown"

    /// `text` itself where it has that form, otherwise what comes closest to it.
    static func valid(_ text: String) -> String {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isPrefixed = parts.count == 2 && (parts[0] == "Runtime" || parts[0] == "Function")
        let letters = (isPrefixed ? String(parts[1]) : text).utf8.filter { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
        guard letters.count > 1 else { return unknown }
        let name = String(decoding: [letters[0] & ~0x20] + letters.dropFirst(), as: UTF8.self)
        return (isPrefixed ? "\(parts[0])." : "Function.") + name
    }
}

extension String {
    /// At most `limit` bytes of UTF-8, cut between characters; the cut is shown.
    fileprivate func bounded(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        let mark = "… (cut)"
        var end = utf8.index(startIndex, offsetBy: limit - mark.utf8.count)
        while end > startIndex, String.Index(end, within: self) == nil { end = utf8.index(before: end) }
        return self[..<end] + mark
    }

    /// JSON text with every character outside ASCII as `\uXXXX`.
    fileprivate var withASCIIEscapes: String {
        guard !utf8.allSatisfy({ $0 < 0x80 }) else { return self }
        var bytes: [UInt8] = []
        for unit in utf16 {
            guard unit > 0x7f else {
                bytes.append(UInt8(unit))
                continue
            }
            bytes += "\\u".utf8
            for shift in [12, 8, 4, 0] { bytes.append(hexDigit(UInt8(unit >> shift & 15))) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private var workingDirectory: String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
}
