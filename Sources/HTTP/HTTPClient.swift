import Bytes
import CCurl
import TrustedCertificates
import UTC

/// A blocking HTTP/1.1 client over libcurl: one request with `send`, many at once with `start` and `poll`.
///
/// Connections are kept alive and reused. A Lambda sandbox is frozen between invocations, and its connections may end
/// meanwhile without notice. So a request that fails on a *reused* connection before the first byte of a response is
/// sent once more at once, on a fresh connection: a stale connection is not the caller's concern.
///
/// Not `Sendable`: it lives on one thread.
package final class HTTPClient {
    /// How the client reaches servers.
    package struct Configuration: Sendable {
        /// The file of trusted certificates (PEM); `nil` means libcurl's default.
        package var certificateBundle: String?
        /// The same for a proxy reached over TLS; `nil` means `certificateBundle`.
        package var proxyCertificateBundle: String?
        /// Whether `HTTPS_PROXY`, `NO_PROXY` and the like are honoured. The Runtime API is never behind a proxy.
        package var usesProxyEnvironment: Bool
        /// How many idle connections are kept.
        package var keptConnections: Int
        /// What no failure's text may contain, a proxy's password for example.
        package var secrets: [String]

        package init(
            certificateBundle: String? = nil, proxyCertificateBundle: String? = nil, usesProxyEnvironment: Bool = true,
            keptConnections: Int = 16, secrets: [String] = []
        ) {
            self.secrets = secrets
            self.certificateBundle = certificateBundle
            self.proxyCertificateBundle = proxyCertificateBundle
            self.usesProxyEnvironment = usesProxyEnvironment
            self.keptConnections = keptConnections
        }
    }

    package typealias Completion = (Result<HTTPResponse, HTTPFailure>) -> Void

    private let configuration: Configuration
    private let multi: UnsafeMutableRawPointer?
    private var running: [Transfer] = []
    private var idle: [EasyHandle] = []
    /// Where TLS looks up issuers; `nil` where it reads the file itself. libcurl does not say whether a TLS context is
    /// for the server or a proxy, so a proxy with certificates of its own leaves both to the files.
    private lazy var bundle: CertificateBundle? = {
        let proxys = configuration.proxyCertificateBundle
        guard let file = configuration.certificateBundle, proxys == nil || proxys == file else { return nil }
        return CertificateBundle(file: file)
    }()

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        LibCurl.start()
        multi = curl_multi_init()
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.keptConnections)
    }

    deinit {
        for transfer in running { curl_multi_remove_handle(multi, transfer.handle.easy) }
        running = []
        idle = []
        curl_multi_cleanup(multi)
    }

    /// How many requests have been started and have not completed.
    package var inFlight: Int { running.count }

    /// Sends one request and waits for its response. Completions of other requests may run meanwhile.
    package func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        var outcome: Result<HTTPResponse, HTTPFailure>?
        start(request) { outcome = $0 }
        while true {
            if let outcome { return try outcome.get() }
            poll(milliseconds: 60_000)
        }
    }

    /// Starts a request; `completion` runs within a later `poll`, or at once where it cannot even be started.
    package func start(_ request: HTTPRequest, completion: @escaping Completion) {
        guard let multi, let handle = idle.popLast() ?? Transfer.makeHandle(configuration) else {
            let reason = "libcurl could not create a handle: out of memory"
            return completion(.failure(HTTPFailure(kind: .invalid, description: reason)))
        }
        // Once for each handle, with its first request over TLS.
        if request.url.hasPrefix("https:"), let bundle { handle.lookIssuersUp(in: bundle) }
        let transfer = Transfer(request, handle, completion)
        running.append(transfer)
        let added = curl_multi_add_handle(multi, handle.easy)
        guard added == CURLM_OK else {
            let reason = "libcurl refused the request: \(added)"
            return finish(transfer, .failure(HTTPFailure(kind: .invalid, description: reason)))
        }
    }

    /// Advances all requests until one completes or `milliseconds` have passed.
    package func poll(milliseconds: Int) {
        let end = Clock.monotonic() + Int64(milliseconds)
        while !running.isEmpty {
            var active: Int32 = 0
            curl_multi_perform(multi, &active)
            if collect() || endLate() { return }
            let rest = min(end, running.compactMap(\.end).min() ?? .max) - Clock.monotonic()
            guard rest > 0 || end > Clock.monotonic() else { return }
            curl_multi_poll(multi, nil, 0, Int32(min(max(rest, 0), 60_000)), nil)
        }
    }

    /// Gives up requests that take too long, counted from the end of their name look-up. libcurl's own limits include
    /// the look-up: the next attempt would begin again at the first name server, whose silence used up this one.
    /// - Returns: whether a completion has run.
    private func endLate() -> Bool {
        let now = Clock.monotonic()
        var endedAny = false
        for transfer in running {
            guard let end = transfer.end, end <= now else { continue }
            curl_multi_remove_handle(multi, transfer.handle.easy)
            finish(transfer, .failure(transfer.lateness))
            endedAny = true
        }
        return endedAny
    }

    /// Completes the requests that libcurl reports as done.
    /// - Returns: whether a completion has run.
    private func collect() -> Bool {
        var finishedAny = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            var code = CURLE_OK
            guard let easy = ccurl_finished(message, &code),
                let transfer = running.first(where: { $0.handle.easy == easy })
            else { continue }
            curl_multi_remove_handle(multi, easy)
            if transfer.mayResend(code) {
                transfer.prepareToResend()
                if curl_multi_add_handle(multi, easy) == CURLM_OK { continue }
            }
            finish(transfer, transfer.outcome(code))
            finishedAny = true
        }
        return finishedAny
    }

    private func finish(_ transfer: Transfer, _ outcome: Result<HTTPResponse, HTTPFailure>) {
        running.removeAll { $0 === transfer }
        idle.append(transfer.handle)
        transfer.completion(outcome)
    }
}

/// libcurl's process-wide set-up, once.
enum LibCurl {
    static func start() { _ = started }
    private static let started: Bool = {
        ccurl_look_names_up_alone()
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    /// Whether names are looked up for IPv6 as well. On a machine without it, an unanswered AAAA query (some networks
    /// drop them) would only delay the IPv4 address.
    static let hasIPv6 = ccurl_has_ipv6() != 0
}
