import AWSSigning
import UTC

/// Signs calls with the credentials of the moment, by AWS's clock as far as that is known.
struct CallSigner {
    /// How far AWS's clock is ahead of ours, in milliseconds, as far as it has complained.
    var clockOffset: Int64 = 0
    private let region: String
    /// `nil` signs nothing.
    private let source: CredentialsSource?
    /// One for each service: a signer keeps its day's key.
    private var signers: [SigV4Signer] = []

    init(region: String, _ source: CredentialsSource?) {
        self.region = region
        self.source = source
    }

    /// - Parameter milliseconds: how long it may take to get credentials.
    mutating func sign(_ call: Call, within milliseconds: Int64) throws(AWSFailure) -> SignedRequest {
        guard let source else { return call.request.unsigned }
        let now = Clock.now()
        let credentials = try source.current(now, within: milliseconds)
        call.credentials = credentials
        call.clockOffset = clockOffset
        let index = signerIndex(call.operation.service, credentials)
        signers[index].credentials = credentials
        return signers[index].sign(call.request, at: now + clockOffset)
    }

    /// Called when AWS says that those of `call` have expired: whether there are others now.
    func renewCredentials(of call: Call, within milliseconds: Int64) -> Bool {
        guard let source, let used = call.credentials else { return false }
        return source.renew(used, Clock.now(), within: milliseconds)
    }

    private mutating func signerIndex(_ service: AWSService, _ credentials: AWSCredentials) -> Int {
        if let index = signers.firstIndex(where: { $0.service == service.id }) { return index }
        signers.append(
            SigV4Signer(region: region, service: service.id, rules: service.signing, credentials: credentials))
        return signers.count - 1
    }
}
