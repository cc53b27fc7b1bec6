import Environment
import Libc

/// Where AWS is and how patiently it is spoken to, by the variables that every AWS SDK reads.
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings
package struct AWSConfiguration: Sendable, Equatable {
    /// `AWS_REGION`, which Lambda sets, or else `AWS_DEFAULT_REGION`.
    package var region: String
    /// Of each service that requests are made to: `AWS_ENDPOINT_URL_<SERVICE>`, or else `AWS_ENDPOINT_URL`, or AWS
    /// itself.
    package private(set) var endpoints: [ServiceEndpoint]
    /// Which of AWS's own endpoints.
    package var variant: EndpointVariant
    /// `AWS_MAX_ATTEMPTS`: how often a request is made before its failure counts, 1–20.
    package var maxAttempts: Int
    /// File of trusted certificates (PEM); `nil` where no certificate will have to be checked.
    package var certificateBundle: String?
    /// `PROXY_CA_BUNDLE`: the same for the certificate of a proxy that is spoken to over TLS; `nil` where it is checked
    /// against `certificateBundle`.
    package var proxyCertificateBundle: String?
    /// `HTTPS_PROXY` and its kin, which libcurl reads.
    package var proxies: ProxySettings

    /// - Parameter services: those that requests are made to, the main one first. The others may never be called: their
    ///   default endpoints alone need no file of certificates.
    /// - Throws: naming the variable that is wrong.
    package init(environment: Environment, services: [AWSService]) throws(ConfigurationError) {
        try self.init(environment: environment, services: services, isReadable: { access($0, R_OK) == 0 })
    }

    init(
        environment: Environment, services: [AWSService], isReadable: (String) -> Bool
    ) throws(ConfigurationError) {
        region = try Self.region(environment)
        variant = try EndpointVariant(environment, region: region)
        endpoints = []
        for service in services { endpoints.append(try Self.endpoint(service, environment, variant, region)) }
        maxAttempts = try Self.maxAttempts(environment)
        proxies = try ProxySettings(environment: environment)
        proxyCertificateBundle = try Self.file("PROXY_CA_BUNDLE", environment, isReadable)
        let proxyNeeds = proxies.isSecure && proxyCertificateBundle == nil
        let isNeeded = endpoints.enumerated().contains { index, place in
            place.endpoint.isSecure && (index == 0 || place.setting != nil)
        }
        certificateBundle = try Self.certificateBundle(environment, needed: isNeeded || proxyNeeds, isReadable)
    }

    /// Where `service` is, which must be one of those that this was made for.
    package func endpoint(of service: AWSService) -> ServiceEndpoint {
        guard let found = endpoints.first(where: { $0.service == service }) else {
            preconditionFailure("AWSConfiguration was made without \(service.name)")
        }
        return found
    }

    /// Names a service's endpoint by something else than a variable.
    /// - Parameter setting: what the user has set, an option of a command for example.
    package mutating func setEndpoint(_ endpoint: Endpoint, of service: AWSService, setting: String) {
        for index in endpoints.indices where endpoints[index].service == service {
            endpoints[index].endpoint = endpoint
            endpoints[index].setting = setting
        }
    }

    private static func region(_ environment: Environment) throws(ConfigurationError) -> String {
        let name = environment["AWS_REGION"] == nil ? "AWS_DEFAULT_REGION" : "AWS_REGION"
        guard let region = environment[name] else {
            throw ConfigurationError(
                "AWS_REGION", "is not set: set it to the bucket's region, for example eu-central-1")
        }
        // It becomes part of a host name.
        guard region.utf8.allSatisfy({ isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") }) else {
            throw ConfigurationError(
                name, "is \"\(region)\", which is not a valid region name; expected one like eu-central-1")
        }
        return region
    }

    private static func endpoint(
        _ service: AWSService, _ environment: Environment, _ variant: EndpointVariant, _ region: String
    ) throws(ConfigurationError) -> ServiceEndpoint {
        let custom = try customEndpoint(service, environment)
        try variant.check(with: custom, service)
        let standard = Endpoint(isSecure: true, host: variant.host(of: service, region: region))
        let setting = custom == nil ? nil : "\(service.endpointVariable) or AWS_ENDPOINT_URL"
        return ServiceEndpoint(service: service, endpoint: custom ?? standard, setting: setting)
    }

    private static func customEndpoint(
        _ service: AWSService, _ environment: Environment
    ) throws(ConfigurationError) -> Endpoint? {
        for name in [service.endpointVariable, "AWS_ENDPOINT_URL"] {
            guard let url = environment[name] else { continue }
            guard let endpoint = Endpoint(url) else {
                // Not repeated here: a URL may carry a password.
                throw ConfigurationError(
                    name, "is not a valid URL; expected http(s)://host[:port]")
            }
            return endpoint
        }
        return nil
    }

    private static func maxAttempts(_ environment: Environment) throws(ConfigurationError) -> Int {
        guard let text = environment["AWS_MAX_ATTEMPTS"] else { return 4 }
        guard let attempts = Int(text), (1...20).contains(attempts) else {
            throw ConfigurationError("AWS_MAX_ATTEMPTS", "is \"\(text)\"; expected a whole number from 1 to 20")
        }
        return attempts
    }

    /// Amazon Linux 2 and 2023, Debian, Alpine. A libcurl of our own knows none of these places.
    static let knownBundles = [
        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem",
    ]

    private static func file(
        _ name: String, _ environment: Environment, _ isReadable: (String) -> Bool
    ) throws(ConfigurationError) -> String? {
        guard let path = environment[name] else { return nil }
        guard isReadable(path) else {
            throw ConfigurationError(
                name, "is \"\(path)\", which cannot be read: set it to a file of certificates (PEM)")
        }
        return path
    }

    private static func certificateBundle(
        _ environment: Environment, needed: Bool, _ isReadable: (String) -> Bool
    ) throws(ConfigurationError) -> String? {
        for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
            if let path = try file(name, environment, isReadable) { return path }
        }
        if let known = knownBundles.first(where: isReadable) { return known }
        guard needed else { return nil }
        throw ConfigurationError(
            "AWS_CA_BUNDLE",
            "is not set, and none of \(knownBundles.joined(separator: ", ")) exists: "
                + "set it to a file of certificates (PEM)")
    }
}

/// Where a service is.
package struct ServiceEndpoint: Sendable, Equatable {
    package var service: AWSService
    package var endpoint: Endpoint
    /// What the user can change about it: the variables that named it, or an option; `nil` where it is AWS's own.
    package var setting: String?
}

func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
