/// What to change, for each way to fail that a human can do something about.
struct Advice {
    private let configuration: AWSConfiguration

    init(_ configuration: AWSConfiguration) { self.configuration = configuration }

    func text(_ failure: AWSFailure, _ call: Call) -> String {
        switch failure.kind {
        case .denied: return denied(failure, call)
        case .notFound: return notFound(failure)
        case .wrongRegion(let region):
            let place = region.map { "in \($0)" } ?? "in another region"
            return "The bucket is \(place) and the function in \(configuration.region): "
                + "deploy the function there, or use a bucket in \(configuration.region)"
        case .expiredCredentials:
            return "The credentials have expired: Lambda replaces a role's with a new sandbox; "
                + "static ones in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be replaced by you"
        case .credentials:
            return "AWS does not accept the credentials: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                + "AWS_SESSION_TOKEN, or remove them to use the function's role"
        case .clock: return "This machine's clock is off, and the answer had no date to correct it by"
        case .untrusted: return "Set AWS_CA_BUNDLE to a file with the certificate of whoever signed the endpoint's"
        case .proxy: return proxy(failure, call)
        case .throttled: return "Lower UPLOAD_CONCURRENCY or the event source's concurrency if it goes on"
        case .unavailable where ["Unreachable", "Timeout"].contains(failure.code): return unreachable(failure, call)
        case .unavailable where failure.code == "UnreadableAnswer": return unreadable(failure, call)
        case .configuration where failure.code == "NotImplemented": return "The endpoint lacks what this request needs"
        default: return ""
        }
    }

    private func denied(_ failure: AWSFailure, _ call: Call) -> String {
        if firstRange(of: "kms:", in: failure.message) != nil || failure.code.hasPrefix("KMS") {
            return "The bucket is encrypted with a KMS key: allow the function's role kms:GenerateDataKey "
                + "(and kms:Decrypt) on it"
        }
        let s3 = "\(Partition(region: configuration.region).arnPrefix):s3:::\(call.bucket)"
        return switch call.operation {
        case .putObject:
            "Allow the function's role s3:PutObject on \(s3)/\(call.key), "
                + "and see that no bucket policy or permissions boundary denies it"
        case .headObject, .getObject:
            "Allow the function's role s3:GetObject on \(s3)/\(call.key), "
                + "and s3:ListBucket on \(s3), without which S3 calls an absent object forbidden"
        case .deleteObject: "Allow whoever asks s3:DeleteObject on \(s3)/\(call.key)"
        case .listObjects: "Allow the function's role s3:ListBucket on \(s3) for this prefix"
        case .startCrawler:
            "Allow the function's role glue:StartCrawler on "
                + "\(Partition(region: configuration.region).arnPrefix):glue:\(configuration.region):ACCOUNT:crawler/\(call.key)"
        case .getCredentials: ""
        }
    }

    private func notFound(_ failure: AWSFailure) -> String {
        switch (failure.operation, failure.code) {
        case (.startCrawler, _): "There is no such crawler in \(configuration.region): set CRAWLER_NAME to one, or unset it"
        case (.headObject, "NotFound"), (_, "NoSuchKey"): ""
        default: "There is no such bucket: create it, or set INGESTION_BUCKET to one that exists"
        }
    }

    private func proxy(_ failure: AWSFailure, _ call: Call) -> String {
        let variable = configuration.proxies.variable(isSecure: call.endpoint.isSecure) ?? "HTTPS_PROXY"
        let what = failure.code == "ProxyAuthenticationRequired" ? "the user and the password in \(variable)" : variable
        return "Check \(what), or name \(call.endpoint.host) in NO_PROXY to reach it without a proxy"
    }

    private func unreachable(_ failure: AWSFailure, _ call: Call) -> String {
        if configuration.proxies.variable(isSecure: call.endpoint.isSecure) != nil {
            // Whether NO_PROXY names the host, libcurl alone knows.
            return proxy(failure, call) + (configuration.proxies.hasExceptions ? ". " + unreachableDirectly(call) : "")
        }
        return unreachableDirectly(call)
    }

    /// Something else than AWS has answered, or AWS was not let finish.
    private func unreadable(_ failure: AWSFailure, _ call: Call) -> String {
        configuration.proxies.variable(isSecure: call.endpoint.isSecure) == nil
            ? endpointVariable(call) ?? "" : proxy(failure, call)
    }

    private func endpointVariable(_ call: Call) -> String? {
        switch call.service {
        case .s3: configuration.s3Endpoint == nil ? nil : "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL"
        case .glue: configuration.glueEndpoint == nil ? nil : "Check AWS_ENDPOINT_URL_GLUE or AWS_ENDPOINT_URL"
        }
    }

    private func unreachableDirectly(_ call: Call) -> String {
        if let check = endpointVariable(call) { return check }
        return "A function in a VPC needs a NAT gateway or "
            + (call.service == .s3 ? "a gateway endpoint for S3" : "an interface endpoint for Glue")
            + ", and a security group that lets HTTPS out"
    }
}
