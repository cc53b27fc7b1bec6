import Bytes
import CCurl
import TrustedCertificates

/// One of libcurl's handles with what it points at, made once and used for one request after the other.
///
/// What is the same for all requests is set here, once: setting everything anew for each would cost as much as writing
/// its head does. `Transfer` sets the rest, all of it, so that nothing of an earlier request is left; only libcurl's own
/// count of requests that it had to repeat goes on, and where that gives up, `Transfer` sends the request again itself.
final class Handle {
    let easy: UnsafeMutableRawPointer
    /// libcurl writes here whenever it likes to, as long as the handle lives.
    private let errorText: UnsafeMutablePointer<CChar>
    /// The header lines, each with a zero byte behind it, and libcurl's list of them.
    private let lines = ByteBuffer(capacity: 2048)
    private var starts: [Int] = []
    private var list: UnsafeMutablePointer<curl_slist>
    private var listCapacity = 16
    private let secrets: [String]
    /// Kept for libcurl, which hands it to `prepareTLS`.
    private var bundle: CertificateBundle?
    /// Written by libcurl's callbacks.
    private let progress: UnsafeMutablePointer<ccurl_progress>

    typealias Receiver = @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

    /// `nil` where libcurl has no memory for one.
    init?(
        _ configuration: HTTPClient.Configuration, receivingHeaders: @escaping Receiver, receivingBody: @escaping Receiver
    ) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        secrets = configuration.secrets
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(to: 0)
        list = .allocate(capacity: listCapacity)
        progress = .allocate(capacity: 1)
        progress.initialize(to: ccurl_progress())
        // Signals would kill the process from within name look-ups and broken pipes.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // A redirect is an answer like another: following it would send a signed request elsewhere.
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
        // What a proxy answers to CONNECT is none of the answer's headers.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // The signature covers the path as written; libcurl would fold `/../` otherwise.
        set(CURLOPT_PATH_AS_IS, 1)
        // A name that is still being looked up when its request is given up would otherwise be waited for: the thread
        // that does it ends by itself, in its own time.
        set(CURLOPT_QUICK_EXIT, 1)
        ccurl_follow_progress(easy, progress)
        // Larger pieces are not received any faster.
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

    /// Has TLS look its issuers up in `bundle`, which was read from the file that has been set, one by one instead of
    /// reading that file. A libcurl that does TLS without OpenSSL goes on reading the file.
    func lookIssuersUp(in bundle: CertificateBundle) {
        guard self.bundle == nil else { return }
        self.bundle = bundle
        let data = Unmanaged.passUnretained(bundle).toOpaque()
        let code = ccurl_prepare_tls(easy, { _, context, data in
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

    /// When its name had been looked up, or it had a connection that was there already; `nil` before.
    var reachingSince: Int64? { progress.pointee.reaching == 0 ? nil : progress.pointee.reaching }

    func clearProgress() { progress.pointee = ccurl_progress() }

    func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(easy, option, value) }

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
        // No `Expect: 100-continue`, which costs a round trip; no `Accept` and no form type that nobody asked for.
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

    /// Makes libcurl's list of the lines, which do not move any more.
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

    /// What libcurl says of the failure of the last request, or else of all that fail with this code: where it says
    /// nothing more, and where what it says holds a secret or, cut off as it may be, a part of one.
    func error(_ code: CURLcode) -> String {
        let text = String(cString: errorText)
        let isCutOff = text.utf8.count >= Int(CURL_ERROR_SIZE) - 1
        let tells = secrets.contains { isCutOff || text.holds($0) }
        return text.isEmpty || tells ? general(code) : text
    }

    func general(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }

    func clearError() { errorText.pointee = 0 }
}

extension String {
    /// Whether `part` stands in it, byte by byte. The standard library's own search brings its regular expressions into
    /// the binary.
    fileprivate func holds(_ part: String) -> Bool {
        var rest = utf8[...]
        while !rest.isEmpty {
            if rest.starts(with: part.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
