/// What is known of an operation, whatever its resource. Declared next to the operation's request.
package struct AWSOperation: Sendable, Equatable, CustomStringConvertible {
    package let service: AWSService
    /// AWS's name for it: `PutObject`.
    package let name: String
    /// What a policy must allow: `s3:PutObject`.
    package let permission: String
    /// What belongs after "Allow … on …" where the permission is missing; begins with a space or a comma.
    package let permissionNote: String
    /// What its requests are billed as; `nil` where they are free.
    package let counter: RequestCounter?
    package let priority: CallPriority
    /// The longest response that is received, in bytes.
    package let responseLimit: Int
    /// How long the response may take after the request was sent, in milliseconds.
    package let responseTime: Int64
    /// Whether the client repeats the request after a failure. False where repeating it may do the work twice: then the
    /// caller decides.
    package let isRetried: Bool

    /// - Parameter permission: `SERVICE:NAME` unless given.
    package init(
        _ service: AWSService, _ name: String, permission: String? = nil, permissionNote: String = "",
        counter: RequestCounter? = nil, priority: CallPriority = .normal, responseLimit: Int = 1 << 20,
        responseTime: Int64 = AWSOperation.usualResponseTime, isRetried: Bool = true
    ) {
        self.service = service
        self.name = name
        self.permission = permission ?? "\(service.id):\(name)"
        self.permissionNote = permissionNote
        self.counter = counter
        self.priority = priority
        self.responseLimit = responseLimit
        self.responseTime = responseTime
        self.isRetried = isRetried
    }

    /// An attempt may not use up all the time there is while a fresh connection would do better.
    package static let usualResponseTime: Int64 = 20_000

    package static func == (left: AWSOperation, right: AWSOperation) -> Bool {
        left.name == right.name && left.service == right.service
    }

    package var description: String { name }
}

/// Which of the calls that wait may start first: what is missing is written before what exists is looked at closely,
/// and what tells which objects there are comes before the look at one of them.
package enum CallPriority: Int, Sendable, CaseIterable {
    case write, normal, inspect, read
}
