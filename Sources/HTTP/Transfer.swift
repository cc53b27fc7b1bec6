import Bytes
import CCurl
import UTC

/// One request in flight: it owns what libcurl points at while the transfer runs.
final class Transfer {
    let completion: HTTPClient.Completion
    let handle: EasyHandle
    private let request: HTTPRequest
    private let body: ByteBuffer
    private var headers = HTTPHeaders()
    /// Whether the blank line that ends the response's head has arrived: libcurl accepts a head that is cut short, and
    /// a response without some of its headers means something else.
    private var headIsComplete = false
    private var headLength = 0
    /// Why we abort the transfer; `nil` where we do not.
    private var excess: String?
    private var resent = false
    private let started = Clock.monotonic()

    private var easy: UnsafeMutableRawPointer { handle.easy }

    init(_ request: HTTPRequest, _ handle: EasyHandle, _ completion: @escaping HTTPClient.Completion) {
        self.request = request
        self.handle = handle
        self.completion = completion
        body = request.responseBody ?? ByteBuffer()
        body.removeAll()
        handle.clearError()
        handle.clearProgress()
        handle.setLimits(request.limits)
        handle.setURL(request.url)
        handle.setMethod(request.method)
        setBody()
        handle.setHeaders(request.headers)
        // The client keeps this object in its table for as long as libcurl knows the handle.
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, this)
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, this)
    }

    /// A handle that passes each response to the transfer that it serves at the time.
    static func makeHandle(_ configuration: HTTPClient.Configuration) -> EasyHandle? {
        EasyHandle(
            configuration,
            receivingHeaders: { data, size, count, context in
                guard let data, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let isAccepted = transfer.receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
                return isAccepted ? size * count : 0
            },
            receivingBody: { data, size, count, context in
                guard let data, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let isAccepted = transfer.receiveBody(UnsafeRawBufferPointer(start: data, count: size * count))
                return isAccepted ? size * count : 0
            })
    }

    private func setBody() {
        guard request.method == .put || request.method == .post else { return }
        let size = request.body?.count ?? 0
        ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(size))
        // A body of 150 KB is sent in one piece rather than three, each of which would wake its reader.
        handle.set(CURLOPT_UPLOAD_BUFFERSIZE, max(16 * 1024, min(size, 256 * 1024)))
        if let base = request.body?.base {
            ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, base)
        } else {
            ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, "")
        }
    }

    /// All headers together, in bytes. Later versions of libcurl have this limit; this one has none.
    private static let headLimit = 300 * 1024

    /// False where the transfer is to be aborted.
    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headLength += line.count
        guard headLength <= Self.headLimit else {
            excess = "the response's headers are longer than \(Self.headLimit) bytes"
            return false
        }
        // A status line opens a new message: the headers of an interim response (1xx) are not the final one's.
        if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
            headIsComplete = false
        } else if line.first == 0x0a || line.count == 2 && line[0] == 0x0d && line[1] == 0x0a {
            headIsComplete = true
            // Fails now rather than after that many bytes.
            return request.method == .head || isReceivable(headers["Content-Length"].flatMap { Int($0) } ?? 0)
        }
        // No header's name holds a slash, but a status line's reason may hold a colon.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), !line[..<colon].contains(UInt8(ascii: "/"))
        else { return true }
        headers.add(name: line[..<colon], value: line[(colon + 1)...])
        return true
    }

    /// False where the transfer is to be aborted.
    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isReceivable(body.count + bytes.count) else { return false }
        if body.isEmpty {
            // One allocation for the whole body instead of repeated doubling.
            var length: curl_off_t = -1
            ccurl_get_size(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
            if length > 0, length <= request.responseLimit { body.reserve(Int(length)) }
        }
        body.append(bytes)
        return true
    }

    private func isReceivable(_ length: Int) -> Bool {
        guard length > request.responseLimit else { return true }
        excess = "the response is longer than \(request.responseLimit) bytes"
        return false
    }

    /// True where the request failed on a reused connection before any byte of a response: the peer had closed it, or
    /// its end was lost while the sandbox was frozen. Browsers resend such requests, too. The limit on the whole
    /// request covers both attempts, so nothing is sent again once it has run out.
    func mayResend(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_SSL_CONNECT_ERROR: break
        // Before the name has been looked up there was no connection that could have been stale.
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
        headIsComplete = false
        headLength = 0
        handle.clearProgress()
        handle.setFreshConnection(within: remaining.map { max(1, $0) })
    }

    /// Milliseconds left of the limit on the whole request; `nil` where there is none.
    private var remaining: Int? {
        request.limits.total > 0 ? request.limits.total - Int(Clock.monotonic() - started) : nil
    }

    /// When to give it up, on the monotonic clock; `nil` while only libcurl's own limits apply.
    var end: Int64? {
        let limits = request.limits
        if limits.connect > 0, let since = handle.connectingSince { return since + Int64(limits.connect) }
        guard limits.exchange > 0 else { return nil }
        return handle.reachingSince.map { $0 + Int64(limits.exchange) }
    }

    /// The failure at `end`.
    var lateness: HTTPFailure {
        failure(
            .timedOut,
            handle.connectingSince == nil
                ? "no response within \(request.limits.exchange) ms"
                : "not connected within \(request.limits.connect) ms")
    }

    func outcome(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        if let excess { return .failure(failure(.broken, excess)) }
        guard code == CURLE_OK else { return .failure(failure(code)) }
        guard headIsComplete else { return .failure(failure(.broken, "the response ended within its headers")) }
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
            // A response that is not HTTP/1 has the same code as an unknown scheme.
            case CURLE_UNSUPPORTED_PROTOCOL where hasSentRequest: .broken
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT:
                .invalid
            default: .broken
            }
        return failure(kind, handle.error(code))
    }

    /// `nil` where the proxy did not fail. libcurl's own text is left out: it may repeat the proxy's URL with its
    /// password.
    private func proxyFailure(_ code: CURLcode) -> HTTPFailure? {
        var status = 0
        ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &status)
        var verification = 0
        ccurl_get_long(easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &verification)
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION where verification != 0:
            return failure(.untrustedProxy, "the proxy's certificate: \(handle.general(code))")
        case CURLE_SSL_CONNECT_ERROR where (200..<300).contains(status):
            // With a proxy over TLS, OpenSSL's error text is lost: sending the alert clears it.
            return failure(.broken, handle.error(code) + "; its certificate may not be trusted (AWS_CA_BUNDLE)")
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return failure(.proxy, handle.general(code))
        case _ where status != 0 && !(200..<300).contains(status):
            return failure(.proxy, "the proxy responded to CONNECT with \(status)", proxyStatus: status)
        case CURLE_RECV_ERROR where hasNotBegunTLS, CURLE_SEND_ERROR where hasNotBegunTLS:
            return failure(.proxy, "the proxy did not respond to CONNECT")
        default: return nil
        }
    }

    /// Whether a connection was opened for https on which TLS was not begun: only a proxy has been contacted.
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

    /// Scheme and host of the URL: they name the server without a user, a key or a query.
    private var origin: String {
        let parts = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty else { return "" }
        let authority = parts[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return "\(parts[0])//\(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")"
    }
}
