/// The caller that makes the requests: it knows whose rights they are made with, and which of its own settings name the
/// bucket and the crawler. Of the variables that every AWS tool reads, endpoints and proxies for example, the client
/// itself says what is to be changed.
package protocol FailureAdviser: Sendable {
    /// What to change, in one or two sentences without the last full stop.
    /// - Returns: `nil` where there is nothing to add to what the client says.
    func advice(_ failure: AWSFailure, at place: AWSPlace) -> String?
}

/// What a request was about, and which way it went.
package struct AWSPlace: Sendable, Equatable {
    package var service: AWSService
    package var resource: AWSResource
    /// The region that is asked.
    package var region: String
    /// The host that is asked, with its port.
    package var host: String
    /// The variable that names the proxy on the way; `nil` where there is none.
    package var proxyVariable: String?
    /// The variables or the option that may name the endpoint; `nil` where it is AWS's own.
    package var endpointSetting: String?

    package init(
        service: AWSService, resource: AWSResource, region: String, host: String, proxyVariable: String? = nil,
        endpointSetting: String? = nil
    ) {
        self.service = service
        self.resource = resource
        self.region = region
        self.host = host
        self.proxyVariable = proxyVariable
        self.endpointSetting = endpointSetting
    }

    init(_ call: Call, _ configuration: AWSConfiguration) {
        self.init(
            service: call.operation.service, resource: call.resource(configuration.region),
            region: configuration.region, host: call.request.host,
            proxyVariable: configuration.proxies.variable(isSecure: call.isSecure, host: call.request.host),
            endpointSetting: configuration.endpoint(of: call.operation.service).setting)
    }
}
