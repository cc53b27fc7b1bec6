import Bytes
import CCurl
import Libc
import TrustedCertificates

/// One of libcurl's easy handles with the memory that it points at, made once and reused for request after request.
///
/// What is the same for all requests is set once, here. Of the rest, what is the same as for the handle's last request
/// (usually the server, the method and the limits) is left as it is: setting and parsing it anew would cost as much as
/// writing the request's head. `Transfer` states every setting for every request, so that nothing is inherited by
/// accident. Only libcurl's own count of repeated requests carries over; where that makes it give up, `Transfer` sends
/// the request again itself.
final class EasyHandle {
    let easy: UnsafeMutableRawPointer
    /// libcurl may write here at any time while the handle lives.
    private let errorText: UnsafeMutablePointer<CChar>
    /// The header lines, each followed by a zero byte, and libcurl's list of them.
    private let lines = ByteBuffer(capacity: 2048)
    private var starts: [Int] = []
    private var list: UnsafeMutablePointer<curl_slist>
    private var listCapacity = 16
    private let secrets: [String]
    /// Kept for libcurl, which hands it to `prepareTLS`.
    private var bundle: CertificateBundle?
    /// Written by libcurl's callbacks.
    private let progress: UnsafeMutablePointer<ccurl_progress>
    /// Whether `http://` may go through a proxy, which is sent the whole URL.
    private let mayProxyPlainHTTP: Bool

    /// What libcurl has been told, for the next request. The origin is `https://host:port/` with its slash.
    private let origin = ByteBuffer(capacity: 128)
    private let target = ByteBuffer(capacity: 512)
    private var hasTarget = false
    private var limits: HTTPLimits?
    private var method: HTTPMethod?

    typealias Receiver = @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

    /// `nil` where libcurl has no memory for one.
    init?(
        _ configuration: HTTPClient.Configuration, receivingHeaders: @escaping Receiver,
        receivingBody: @escaping Receiver
    ) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        secrets = configuration.secrets
        mayProxyPlainHTTP = configuration.usesProxyEnvironment && ccurl_has_proxy_for_http() != 0
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(to: 0)
        list = .allocate(capacity: listCapacity)
        progress = .allocate(capacity: 1)
        progress.initialize(to: ccurl_progress())
        // Otherwise a name look-up or a broken pipe could end the process by a signal.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // A redirect is returned like any other response: following it would send a signed request elsewhere.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        if !configuration.usesProxyEnvironment { ccurl_set_string(easy, CURLOPT_PROXY, "") }
        if let bundle = configuration.certificateBundle {
            ccurl_set_string(easy, CURLOPT_CAINFO, bundle)
        }
        if let bundle = configuration.proxyCertificateBundle ?? configuration.certificateBundle {
            ccurl_set_string(easy, CURLOPT_PROXY_CAINFO, bundle)
        }
        // A proxy's headers in its response to CONNECT are not the server's.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // The signature covers the path as written; libcurl would fold `/../` otherwise.
        set(CURLOPT_PATH_AS_IS, 1)
        // Otherwise giving up a request would wait for its name look-up. The look-up's thread ends by itself.
        set(CURLOPT_QUICK_EXIT, 1)
        ccurl_follow_progress(easy, progress)
        // A larger buffer receives no faster.
        set(CURLOPT_BUFFERSIZE, 128 * 1024)
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        ccurl_set_callback(easy, CURLOPT_HEADERFUNCTION, receivingHeaders)
        ccurl_set_callback(easy, CURLOPT_WRITEFUNCTION, receivingBody)
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
        list.deallocate()
        progress.deallocate()
    }

    /// Has TLS look up single issuers in `bundle`, which was read from the configured file, instead of reading all of
    /// that file. A libcurl that does TLS without OpenSSL continues to read it.
    func lookIssuersUp(in bundle: CertificateBundle) {
        guard self.bundle == nil else { return }
        self.bundle = bundle
        let data = Unmanaged.passUnretained(bundle).toOpaque()
        let code = ccurl_prepare_tls(
            easy,
            { _, context, data in
                guard let context, let data else { return CURLE_BAD_FUNCTION_ARGUMENT }
                let bundle = Unmanaged<CertificateBundle>.fromOpaque(data).takeUnretainedValue()
                return bundle.add(toContext: context) ? CURLE_OK : CURLE_OUT_OF_MEMORY
            }, data)
        guard code == CURLE_OK else { return }
        ccurl_set_string(easy, CURLOPT_CAINFO, nil)
        ccurl_set_string(easy, CURLOPT_PROXY_CAINFO, nil)
    }

    /// When the request began to connect, on the monotonic clock; `nil` before, while its name is looked up, and after.
    var connectingSince: Int64? { progress.pointee.connecting == 0 ? nil : progress.pointee.connecting }

    /// When its name had been looked up, or an open connection had been found for it; `nil` before.
    var reachingSince: Int64? { progress.pointee.reaching == 0 ? nil : progress.pointee.reaching }

    func clearProgress() { progress.pointee = ccurl_progress() }

    func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(easy, option, value) }

    func setLimits(_ limits: HTTPLimits) {
        if limits == self.limits { return }
        self.limits = limits
        // A name look-up is limited only by the whole request's time; `HTTPClient` ends what takes too long to
        // connect. 0 would be libcurl's default of five minutes.
        set(CURLOPT_CONNECTTIMEOUT_MS, limits.total > 0 ? limits.total : Int(Int32.max))
        set(CURLOPT_TIMEOUT_MS, limits.total)
        set(CURLOPT_LOW_SPEED_LIMIT, limits.stall > 0 ? 1 : 0)
        set(CURLOPT_LOW_SPEED_TIME, limits.stall > 0 ? max(1, limits.stall / 1000) : 0)
        set(CURLOPT_FRESH_CONNECT, 0)
    }

    /// For the one request that is under way.
    /// - Parameter milliseconds: its total limit; `nil` leaves the one that it has.
    func setFreshConnection(within milliseconds: Int?) {
        limits = nil
        set(CURLOPT_FRESH_CONNECT, 1)
        if let milliseconds { set(CURLOPT_TIMEOUT_MS, milliseconds) }
    }

    func setMethod(_ method: HTTPMethod) {
        if method == self.method { return }
        self.method = method
        set(CURLOPT_NOBODY, 0)
        ccurl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, nil)
        switch method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .delete:
            set(CURLOPT_HTTPGET, 1)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, method.rawValue)
        case .put, .post:
            set(CURLOPT_POST, 1)
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
    }

    /// libcurl parses a URL, prints it and parses that again, byte by byte. So it is given the origin alone, and only
    /// when that changes; the path and query go to it as the request's target, which it sends as it is.
    func setURL(_ url: String) {
        var url = url
        url.withUTF8 { bytes in
            guard let slash = startOfTarget(bytes) else { return setWholeURL(bytes) }
            target.removeAll()
            target.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[slash...]))
            target.append(0)
            ccurl_set_pointer(easy, CURLOPT_REQUEST_TARGET, target.base)
            hasTarget = true
            let start = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[...slash])
            if !isOrigin(start) { setOrigin(start) }
        }
    }

    private func isOrigin(_ url: UnsafeRawBufferPointer) -> Bool {
        guard let base = url.baseAddress, origin.count == url.count + 1 else { return false }
        return memcmp(origin.base, base, url.count) == 0
    }

    /// With a target that cannot be sent as it is, libcurl judges the whole; and a proxy for `http://` needs the whole.
    private func setWholeURL(_ url: UnsafeBufferPointer<UInt8>) {
        if hasTarget { ccurl_set_pointer(easy, CURLOPT_REQUEST_TARGET, nil) }
        hasTarget = false
        setOrigin(UnsafeRawBufferPointer(url))
        // Not an origin.
        origin.removeAll()
    }

    private func setOrigin(_ url: UnsafeRawBufferPointer) {
        origin.removeAll()
        origin.append(url)
        origin.append(0)
        ccurl_set_pointer(easy, CURLOPT_URL, origin.base)
        set(CURLOPT_IPRESOLVE, Int(mayAskForIPv6(url) ? CURL_IPRESOLVE_WHATEVER : CURL_IPRESOLVE_V4))
        // The rest of a request that is given up must not be sent.
        ccurl_discard_unsent(easy, url.starts(with: "https:".utf8) ? 1 : 0)
    }

    /// Where path and query begin; `nil` where libcurl must see the whole URL.
    private func startOfTarget(_ url: UnsafeBufferPointer<UInt8>) -> Int? {
        let isSecure = url.starts(with: "https://".utf8)
        guard isSecure || url.starts(with: "http://".utf8) && !mayProxyPlainHTTP else { return nil }
        var slash: Int?
        for index in (isSecure ? 8 : 7)..<url.count {
            let byte = url[index]
            guard byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "#") else { return nil }
            if slash == nil {
                if byte == UInt8(ascii: "?") { return nil }
                if byte == UInt8(ascii: "/") { slash = index }
            }
        }
        return slash
    }

    /// Not for an address, nor for this machine: no name server is asked for those, and finding out this machine's
    /// addresses takes a while.
    private func mayAskForIPv6(_ url: UnsafeRawBufferPointer) -> Bool {
        let host = url.drop { $0 != UInt8(ascii: "/") }.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
        let isAddress = host.first == UInt8(ascii: "[") || host.allSatisfy { $0 &- 48 < 10 || $0 == 46 || $0 == 58 }
        return isAddress || host.starts(with: "localhost".utf8) || LibCurl.hasIPv6
    }

    func setHeaders(_ headers: [(name: String, value: String)]) {
        lines.removeAll()
        starts.removeAll(keepingCapacity: true)
        for (name, value) in headers {
            starts.append(lines.count)
            lines.append(name)
            // "Name;" is libcurl's way to send a header with an empty value.
            lines.append(value.isEmpty ? ";" : ": ")
            lines.append(value)
            lines.append(0)
        }
        // No `Expect: 100-continue`, which costs a round trip, and neither `Accept` nor a form's type unless asked for.
        append("Expect:\0")
        append("Accept:\0")
        if !headers.contains(where: { isSameName($0.name, "content-type") }) { append("Content-Type:\0") }
        link()
        ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, list)
    }

    private func append(_ line: StaticString) {
        starts.append(lines.count)
        lines.append(line)
    }

    /// Makes libcurl's list of the lines, which no longer move.
    private func link() {
        if starts.count > listCapacity {
            list.deallocate()
            listCapacity = starts.count
            list = .allocate(capacity: listCapacity)
        }
        let base = UnsafeMutableRawPointer(lines.base).assumingMemoryBound(to: CChar.self)
        for (index, start) in starts.enumerated() {
            list[index] = curl_slist(data: base + start, next: index + 1 < starts.count ? list + index + 1 : nil)
        }
    }

    /// libcurl's text on the last request's failure. Its general text for the code where there is none, and where the
    /// text holds a secret or, having been cut off, may hold part of one.
    func error(_ code: CURLcode) -> String {
        let text = String(cString: errorText)
        let isCutOff = text.utf8.count >= Int(CURL_ERROR_SIZE) - 1
        let mayTell = secrets.contains { isCutOff || text.holds($0) }
        return text.isEmpty || mayTell ? general(code) : text
    }

    func general(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }

    func clearError() { errorText.pointee = 0 }
}

extension String {
    /// Whether it contains `part`, compared byte by byte. The standard library's own search would link its regular
    /// expressions.
    fileprivate func holds(_ part: String) -> Bool {
        var rest = utf8[...]
        while !rest.isEmpty {
            if rest.starts(with: part.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
