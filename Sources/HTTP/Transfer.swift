import Bytes
import CCurl
import UTC

/// One request on its way: it owns what libcurl points at while the transfer runs.
final class Transfer {
    let completion: HTTPClient.Completion
    let handle: Handle
    private let request: HTTPRequest
    private let body: ByteBuffer
    private var headers = HTTPHeaders()
    /// Whether the blank line that ends the answer's head has come: libcurl takes a head that is cut short for one
    /// without the rest, and an answer without its headers says something else than it was meant to.
    private var headIsWhole = false
    private var headLength = 0
    /// Why the transfer is aborted, where it is by us.
    private var excess: String?
    private var resent = false
    private let started = Clock.monotonic()

    private var easy: UnsafeMutableRawPointer { handle.easy }

    init(_ request: HTTPRequest, _ handle: Handle, _ completion: @escaping HTTPClient.Completion) {
        self.request = request
        self.handle = handle
        self.completion = completion
        body = request.responseBody ?? ByteBuffer()
        body.removeAll()
        handle.clearError()
        setLimits()
        setMessage()
        // The client keeps this object in its table for as long as libcurl knows the handle.
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, this)
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, this)
    }

    /// A handle whose answers find their way to the transfer that it then serves.
    static func makeHandle(_ configuration: HTTPClient.Configuration) -> Handle? {
        Handle(
            configuration,
            receivingHeaders: { data, size, count, context in
                guard let data, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let isWelcome = transfer.receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
                return isWelcome ? size * count : 0
            },
            receivingBody: { data, size, count, context in
                guard let data, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let isWelcome = transfer.receiveBody(UnsafeRawBufferPointer(start: data, count: size * count))
                return isWelcome ? size * count : 0
            })
    }

    private func setLimits() {
        handle.clearProgress()
        // Name look-up alone has no limit but the whole request's; `HTTPClient` ends what connects for too long. 0
        // would be libcurl's own five minutes.
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.total > 0 ? request.limits.total : Int(Int32.max))
        handle.set(CURLOPT_TIMEOUT_MS, request.limits.total)
        handle.set(CURLOPT_LOW_SPEED_LIMIT, request.limits.stall > 0 ? 1 : 0)
        handle.set(CURLOPT_LOW_SPEED_TIME, request.limits.stall > 0 ? max(1, request.limits.stall / 1000) : 0)
        handle.set(CURLOPT_FRESH_CONNECT, 0)
    }

    private func setMessage() {
        ccurl_set_string(easy, CURLOPT_URL, request.url)
        handle.set(CURLOPT_IPRESOLVE, Int(mayAskForIPv6 ? CURL_IPRESOLVE_WHATEVER : CURL_IPRESOLVE_V4))
        // With a request that is given up, what is left of it must not be sent.
        ccurl_discard_unsent(easy, request.url.hasPrefix("https:") ? 1 : 0)
        handle.set(CURLOPT_NOBODY, 0)
        ccurl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, nil)
        switch request.method {
        case .get: handle.set(CURLOPT_HTTPGET, 1)
        case .head: handle.set(CURLOPT_NOBODY, 1)
        case .delete:
            handle.set(CURLOPT_HTTPGET, 1)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .put, .post:
            handle.set(CURLOPT_POST, 1)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            let size = request.body?.count ?? 0
            ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(size))
            // A body of 150 KB leaves in one piece instead of three, each of which would wake its reader.
            handle.set(CURLOPT_UPLOAD_BUFFERSIZE, max(16 * 1024, min(size, 256 * 1024)))
            if let base = request.body?.base {
                ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, base)
            } else {
                ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, "")
            }
        }
        handle.setHeaders(request.headers)
    }

    /// Not for an address, nor for this machine: no name server is asked for those, and to find out what addresses this
    /// machine has takes a while.
    private var mayAskForIPv6: Bool {
        let host = request.url.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
        let isAddress = host.first == UInt8(ascii: "[") || host.allSatisfy { $0 &- 48 < 10 || $0 == 46 || $0 == 58 }
        return isAddress || host.starts(with: "localhost".utf8) || LibCurl.hasIPv6
    }

    /// All headers together, in bytes: what later libcurls bear, while this one's patience has no end.
    private static let headLimit = 300 * 1024

    /// False where the transfer is to be aborted.
    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headLength += line.count
        guard headLength <= Self.headLimit else {
            excess = "the answer's headers are longer than \(Self.headLimit) bytes"
            return false
        }
        // A status line opens a new message: what an interim response (1xx) carried is not the answer's.
        if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
            headIsWhole = false
        } else if line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8) {
            headIsWhole = true
            // At once, and not when so much has come.
            return request.method == .head || isReceivable(headers["Content-Length"].flatMap { Int($0) } ?? 0)
        }
        // No header's name holds a slash, but a status line's reason may hold a colon.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), !line[..<colon].contains(UInt8(ascii: "/"))
        else { return true }
        headers.add(trimmed(line[..<colon]), trimmed(line[(colon + 1)...]))
        return true
    }

    /// False where the transfer is to be aborted.
    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isReceivable(body.count + bytes.count) else { return false }
        if body.isEmpty {
            // One allocation for the whole body instead of a doubling every so often.
            var length: curl_off_t = -1
            ccurl_get_size(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
            if length > 0, length <= request.responseLimit { body.reserve(Int(length)) }
        }
        body.append(bytes)
        return true
    }

    private func isReceivable(_ length: Int) -> Bool {
        guard length > request.responseLimit else { return true }
        excess = "the answer is longer than \(request.responseLimit) bytes"
        return false
    }

    /// True where the request died on a reused connection before any byte of a response: the peer had closed it,
    /// or the sandbox was frozen for so long that its end was lost. Sending it again is what a browser does, too.
    /// A limit that covers the whole request covers both attempts, so nothing is sent again once it has run out.
    func mayResend(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_SSL_CONNECT_ERROR: break
        // No connection, and so no new one either, where the name has not been looked up.
        case CURLE_OPERATION_TIMEDOUT where handle.reachingSince != nil && (remaining ?? 1) > 0: break
        default: return false
        }
        var opened = 1
        var headerBytes = 0
        ccurl_get_long(easy, CURLINFO_NUM_CONNECTS, &opened)
        ccurl_get_long(easy, CURLINFO_HEADER_SIZE, &headerBytes)
        return !resent && opened == 0 && headerBytes == 0 && body.isEmpty
    }

    func prepareToResend() {
        resent = true
        headers = HTTPHeaders()
        headIsWhole = false
        headLength = 0
        handle.clearProgress()
        handle.set(CURLOPT_FRESH_CONNECT, 1)
        if let remaining { handle.set(CURLOPT_TIMEOUT_MS, max(1, remaining)) }
    }

    /// Milliseconds left of the limit on the whole request; `nil` where there is none.
    private var remaining: Int? {
        request.limits.total > 0 ? request.limits.total - Int(Clock.monotonic() - started) : nil
    }

    /// When it is to be given up, on the monotonic clock; `nil` where libcurl's own limits are all there are just now.
    var end: Int64? {
        let limits = request.limits
        if limits.connect > 0, let since = handle.connectingSince { return since + Int64(limits.connect) }
        guard limits.exchange > 0 else { return nil }
        return handle.reachingSince.map { $0 + Int64(limits.exchange) }
    }

    /// What becomes of it then.
    var lateness: HTTPFailure {
        failure(
            .timedOut,
            handle.connectingSince == nil
                ? "no answer within \(request.limits.exchange) ms"
                : "not connected within \(request.limits.connect) ms")
    }

    func outcome(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        if let excess { return .failure(failure(.broken, excess)) }
        guard code == CURLE_OK else { return .failure(failure(code)) }
        guard headIsWhole else { return .failure(failure(.broken, "the answer ended within its headers")) }
        var status = 0
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }

    private func failure(_ code: CURLcode) -> HTTPFailure {
        if let failure = proxyFailure(code) { return failure }
        let kind: HTTPFailure.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .unresolved
            case CURLE_COULDNT_CONNECT: .unreachable
            case CURLE_OPERATION_TIMEDOUT where !hasAddress: .unresolved
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM: .untrusted
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            // An answer that is no HTTP/1 has this code as well as a scheme that there is none for.
            case CURLE_UNSUPPORTED_PROTOCOL where hasSentRequest: .broken
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT:
                .invalid
            default: .broken
            }
        return failure(kind, handle.error(code))
    }

    /// `nil` where it was not the proxy that failed. libcurl's own text is left out: it may repeat the proxy's address
    /// with its password.
    private func proxyFailure(_ code: CURLcode) -> HTTPFailure? {
        var status = 0
        ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &status)
        var verification = 0
        ccurl_get_long(easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &verification)
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION where verification != 0:
            return failure(.untrustedProxy, "the proxy's certificate: \(handle.general(code))")
        case CURLE_SSL_CONNECT_ERROR where (200..<300).contains(status):
            // With a proxy over TLS, OpenSSL's words for it are lost: sending the alert clears them.
            return failure(.broken, handle.error(code) + "; it may be that its certificate is not trusted (AWS_CA_BUNDLE)")
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return failure(.proxy, handle.general(code))
        case _ where status != 0 && !(200..<300).contains(status):
            return failure(.proxy, "the proxy answered \(status) to CONNECT", proxyStatus: status)
        case CURLE_RECV_ERROR where hasNotBegunTLS, CURLE_SEND_ERROR where hasNotBegunTLS:
            return failure(.proxy, "the proxy gave no answer to CONNECT")
        default: return nil
        }
    }

    /// Whether a connection was opened for https and TLS not begun on it: none but a proxy has been spoken to.
    private var hasNotBegunTLS: Bool {
        var opened = 0
        var handshake: curl_off_t = 0
        ccurl_get_long(easy, CURLINFO_NUM_CONNECTS, &opened)
        ccurl_get_size(easy, CURLINFO_APPCONNECT_TIME_T, &handshake)
        return request.url.hasPrefix("https:") && opened > 0 && handshake == 0
    }

    private func failure(_ kind: HTTPFailure.Kind, _ text: String, proxyStatus: Int? = nil) -> HTTPFailure {
        HTTPFailure(
            kind: kind, description: "\(request.method.rawValue) \(origin): \(text)", proxyStatus: proxyStatus)
    }

    /// Whether the name has been looked up.
    private var hasAddress: Bool {
        var microseconds: curl_off_t = 0
        ccurl_get_size(easy, CURLINFO_NAMELOOKUP_TIME_T, &microseconds)
        return microseconds > 0
    }

    private var hasSentRequest: Bool {
        var bytes = 0
        ccurl_get_long(easy, CURLINFO_REQUEST_SIZE, &bytes)
        return bytes > 0
    }

    /// Scheme and host of the URL: enough to say who failed, with nothing of a user, a key or a query.
    private var origin: String {
        let parts = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty else { return "" }
        let authority = parts[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return "\(parts[0])//\(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")"
    }
}

private func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var rest = bytes
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    return String(decoding: rest, as: UTF8.self)
}
