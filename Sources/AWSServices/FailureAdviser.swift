/// Whoever has the requests made: it knows whose rights they are made with, and which of its own settings name the
/// bucket and the crawler. Of the variables that every AWS tool reads, endpoints and proxies for example, the client
/// itself says what is to be changed.
public protocol FailureAdviser: Sendable {
    /// What to change, in one or two sentences without the last full stop.
    /// - Returns: `nil` where there is nothing to add to what the client says.
    func advice(_ failure: AWSFailure, at place: AWSPlace) -> String?
}

/// What a request was about, and which way it went.
public struct AWSPlace: Sendable, Equatable {
    public enum Service: Sendable { case s3, glue }

    public var service: Service
    /// The bucket's name; empty with Glue.
    public var bucket: String
    /// The object's key, or the crawler's name.
    public var key: String
    /// The region that is asked.
    public var region: String
    /// The host that is asked, with its port.
    public var host: String
    /// The variable that names the proxy on the way; `nil` where there is none.
    public var proxyVariable: String?
    /// The variables that may name the endpoint; `nil` where it is AWS's own.
    public var endpointVariables: String?

    public var partition: Partition { Partition(region: region) }
    public var bucketARN: String { "arn:\(partition.name):s3:::\(bucket)" }

    public init(
        service: Service, bucket: String, key: String, region: String, host: String, proxyVariable: String? = nil,
        endpointVariables: String? = nil
    ) {
        self.service = service
        self.bucket = bucket
        self.key = key
        self.region = region
        self.host = host
        self.proxyVariable = proxyVariable
        self.endpointVariables = endpointVariables
    }

    init(_ call: Call, _ configuration: AWSConfiguration) {
        let isCustom = (call.service == .s3 ? configuration.s3Endpoint : configuration.glueEndpoint) != nil
        self.init(
            service: call.service == .s3 ? .s3 : .glue, bucket: call.bucket, key: call.key,
            region: configuration.region,
            host: call.endpoint.host,
            proxyVariable: configuration.proxies.variable(isSecure: call.endpoint.isSecure, host: call.endpoint.host),
            endpointVariables: isCustom
                ? "AWS_ENDPOINT_URL_\(call.service == .s3 ? "S3" : "GLUE") or AWS_ENDPOINT_URL" : nil)
    }
}
