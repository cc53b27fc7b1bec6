import Bytes
import CCurl
import UTC

/// One request on its way: it owns what libcurl points at while the transfer runs.
final class Transfer {
    let completion: HTTPClient.Completion
    let easy: UnsafeMutableRawPointer
    private let request: HTTPRequest
    private let body: ByteBuffer
    private var headers = HTTPHeaders()
    /// Whether the blank line that ends the answer's head has come: libcurl takes a head that is cut short for one
    /// without the rest, and an answer without its headers says something else than it was meant to.
    private var headIsWhole = false
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// libcurl writes here while the transfer runs, so it must not move.
    private let errorText: UnsafeMutablePointer<CChar>
    private var resent = false
    private let started = Clock.monotonic()

    init(
        _ request: HTTPRequest, _ easy: UnsafeMutableRawPointer,
        _ configuration: HTTPClient.Configuration, _ completion: @escaping HTTPClient.Completion
    ) {
        self.request = request
        self.easy = easy
        self.completion = completion
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(to: 0)
        body = request.responseBody ?? ByteBuffer()
        body.removeAll()
        setUpConnection(configuration)
        setUpMessage()
        setUpReception()
    }

    deinit { errorText.deallocate() }

    private func setUpConnection(_ configuration: HTTPClient.Configuration) {
        // Signals would kill the process from within name look-ups and broken pipes.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.connect)
        set(CURLOPT_TIMEOUT_MS, request.limits.total)
        if request.limits.stall > 0 {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, max(1, request.limits.stall / 1000))
        }
        // A redirect is an answer like another: following it would send a signed request elsewhere.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        if !configuration.usesProxyEnvironment { ccurl_set_string(easy, CURLOPT_PROXY, "") }
        if let bundle = configuration.certificateBundle { ccurl_set_string(easy, CURLOPT_CAINFO, bundle) }
    }

    private func setUpMessage() {
        ccurl_set_string(easy, CURLOPT_URL, request.url)
        // The signature covers the path as written; libcurl would fold `/../` otherwise.
        set(CURLOPT_PATH_AS_IS, 1)
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .put, .post:
            set(CURLOPT_POST, 1)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body?.count ?? 0))
            if let base = request.body?.base {
                ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, base)
            } else {
                ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, "")
            }
        }
        for (name, value) in request.headers {
            // "Name;" is libcurl's way to send a header with an empty value.
            headerList = curl_slist_append(headerList, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // No `Expect: 100-continue`, which costs a round trip; no `Accept` and no form type that nobody asked for.
        for line in ["Expect:", "Accept:"] { headerList = curl_slist_append(headerList, line) }
        if !request.headers.contains(where: { isSameName($0.name, "content-type") }) {
            headerList = curl_slist_append(headerList, "Content-Type:")
        }
        ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func setUpReception() {
        // The client keeps this object in its table for as long as libcurl knows the handle.
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        set(CURLOPT_BUFFERSIZE, 128 * 1024)
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, this)
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, this)
        ccurl_set_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            transfer.receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
            return size * count
        }
        ccurl_set_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            transfer.receiveBody(UnsafeRawBufferPointer(start: data, count: size * count))
            return size * count
        }
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) {
        // A status line opens a new message: what an interim response (1xx) carried is not the answer's.
        if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
            headIsWhole = false
        } else if line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8) {
            headIsWhole = true
        }
        // No header's name holds a slash, but a status line's reason may hold a colon.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), !line[..<colon].contains(UInt8(ascii: "/"))
        else { return }
        headers.add(trimmed(line[..<colon]), trimmed(line[(colon + 1)...]))
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) {
        if body.isEmpty {
            // One allocation for the whole body instead of a doubling every so often.
            var length: curl_off_t = -1
            ccurl_get_size(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
            if length > 0, length <= 64 << 20 { body.reserve(Int(length)) }
        }
        body.append(bytes)
    }

    /// True where the request died on a reused connection before any byte of a response: the peer had closed it,
    /// or the sandbox was frozen for so long that its end was lost. Sending it again is what a browser does, too.
    /// A limit that covers the whole request covers both attempts, so nothing is sent again once it has run out.
    func mayResend(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_SSL_CONNECT_ERROR: break
        case CURLE_OPERATION_TIMEDOUT where (remaining ?? 1) > 0: break
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
        set(CURLOPT_FRESH_CONNECT, 1)
        if let remaining { set(CURLOPT_TIMEOUT_MS, max(1, remaining)) }
    }

    /// Milliseconds left of the limit on the whole request; `nil` where there is none.
    private var remaining: Int? {
        request.limits.total > 0 ? request.limits.total - Int(Clock.monotonic() - started) : nil
    }

    func outcome(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        guard code == CURLE_OK else { return .failure(failure(code)) }
        guard headIsWhole else {
            return .failure(
                HTTPFailure(
                    kind: .broken, description: "\(request.method.rawValue) \(origin): the answer ended within its headers"))
        }
        var status = 0
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }

    private func failure(_ code: CURLcode) -> HTTPFailure {
        let detail = String(cString: errorText)
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        let kind: HTTPFailure.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .unreachable
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM: .untrusted
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            // An answer that is no HTTP/1 has this code as well as a scheme that there is none for.
            case CURLE_UNSUPPORTED_PROTOCOL where hasSentRequest: .broken
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_OUT_OF_MEMORY, CURLE_BAD_FUNCTION_ARGUMENT:
                .invalid
            default: .broken
            }
        return HTTPFailure(kind: kind, description: "\(request.method.rawValue) \(origin): \(text)")
    }

    private var hasSentRequest: Bool {
        var bytes = 0
        ccurl_get_long(easy, CURLINFO_REQUEST_SIZE, &bytes)
        return bytes > 0
    }

    /// Scheme and host of the URL: enough to say who failed, with nothing of a key or a query.
    private var origin: Substring {
        let slashes = request.url.utf8.indices.filter { request.url.utf8[$0] == UInt8(ascii: "/") }
        return slashes.count > 2 ? request.url[..<slashes[2]] : request.url[...]
    }

    /// Makes the handle forget this transfer; the connection stays with the client.
    func releaseHandle() {
        curl_easy_reset(easy)
        curl_slist_free_all(headerList)
        headerList = nil
    }

    private func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(easy, option, value) }
}

private func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var rest = bytes
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    return String(decoding: rest, as: UTF8.self)
}
