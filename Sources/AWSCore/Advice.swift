/// What to change, for each way to fail that a human can do something about.
struct Advice {
    let configuration: AWSConfiguration
    private let caller: (any FailureAdviser)?

    init(_ configuration: AWSConfiguration, _ caller: (any FailureAdviser)?) {
        self.configuration = configuration
        self.caller = caller
    }

    /// What failures say that the call is about, in one line.
    func resource(_ call: Call) -> String { oneLine(call.resource(configuration.region).description, limit: 1200) }

    func text(_ failure: AWSFailure, _ call: Call) -> String {
        let place = AWSPlace(call, configuration)
        return onTheWay(failure, place) ?? caller?.advice(failure, at: place) ?? general(failure, place)
    }

    /// For the sources of credentials, which know what is wrong with their own variables.
    func ofCredentials(_ failure: AWSFailure, _ call: Call) -> String {
        caller?.advice(failure, at: AWSPlace(call, configuration)) ?? failure.advice
    }

    private static let onTheWay: Set = ["NameNotResolved", "Unreachable", "Timeout", "UnreadableAnswer"]

    /// Where not AWS itself has failed, but what was set to stand between: that and nothing else is to be looked at.
    private func onTheWay(_ failure: AWSFailure, _ place: AWSPlace) -> String? {
        switch failure.kind {
        case .proxy:
            return proxy(failure, place)
        case .untrusted where failure.code == untrustedProxy:
            return "Set PROXY_CA_BUNDLE to a file with the CA certificate that signed the proxy's"
        case .foreign:
            let way = place.proxyVariable != nil ? proxy(failure, place) : place.endpointSetting.map { "Check \($0)" }
            return way ?? "Something between here and \(place.host) responds in its place, such as a filter or a "
                + "captive portal: let this host through unchanged"
        case .unavailable where failure.code == "NameNotResolved" && place.proxyVariable == nil:
            return place.endpointSetting.map { "Check \($0). \(unresolved(place))" }
        case .unavailable where Self.onTheWay.contains(failure.code):
            return place.proxyVariable != nil ? proxy(failure, place) : place.endpointSetting.map { "Check \($0)" }
        default:
            return nil
        }
    }

    private func proxy(_ failure: AWSFailure, _ place: AWSPlace) -> String {
        let variable = place.proxyVariable ?? "HTTPS_PROXY"
        let what = failure.code == proxyAuthentication ? "the user and the password in \(variable)" : variable
        return "Check \(what), or list \(place.host) in NO_PROXY to reach it without a proxy"
    }

    private func general(_ failure: AWSFailure, _ place: AWSPlace) -> String {
        switch failure.kind {
        case .credentials:
            return "AWS rejected the credentials: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                + "AWS_SESSION_TOKEN"
        case .expiredCredentials:
            return "The credentials have expired: replace AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                + "AWS_SESSION_TOKEN"
        case .clock: return "This machine's clock is wrong, and the response had no Date to correct it: set the clock"
        case .untrusted: return "Set AWS_CA_BUNDLE to a file with the CA certificate that signed the endpoint's"
        case .unavailable where failure.code == "NameNotResolved": return unresolved(place)
        case .unavailable where failure.code == "TemporaryRedirect":
            return "S3 has not propagated the name of a new bucket yet; this resolves itself, usually within minutes"
        case .unavailable where ["Unreachable", "Timeout"].contains(failure.code):
            return "Check that this network allows outbound HTTPS to \(place.host)"
        case .unavailable where failure.status ?? 0 >= 500:
            return "If it continues, see https://health.aws.amazon.com for \(place.region)"
        case .configuration where failure.code == "NotImplemented":
            return "The endpoint does not implement this request"
        default: return ""
        }
    }

    private func unresolved(_ place: AWSPlace) -> String {
        let variables = configuration.variant.variables.joined(separator: " and ")
        let wish = variables.isEmpty ? "" : ", and that \(place.region) has what \(variables) asks for"
        return "Check that a name server in /etc/resolv.conf responds and knows \(place.host)\(wish)"
    }
}
