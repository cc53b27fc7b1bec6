import Bytes
import JSON

/// What a function for Kafka batches is invoked with by mistake. It is recognised by member names alone, once the
/// event has been refused, so that the message says which trigger to remove.
enum OtherEvent {
    case cutOff(at: Int)
    case empty
    /// An event of another service, and the thing there that invokes the function.
    case service(String, origin: String)
    /// A record outside of any batch, or a list of them, as EventBridge Pipes sends it.
    case record, recordList

    /// - Returns: nil where nothing more can be said than what was expected where.
    init?(_ event: PaddedBytes) {
        var cursor = JSONCursor(event)
        guard let first = cursor.peek() else {
            self = .empty
            return
        }
        var members = Members()
        if first == UInt8(ascii: "[") {
            var isFirst = true
            guard (try? cursor.enterArray()) != nil, (try? cursor.nextElement(&isFirst)) == true else { return nil }
            members.read(&cursor)
            guard members.isRecord else { return nil }
            self = .recordList
            return
        }
        members.read(&cursor)
        if let service = members.service {
            self = .service(service.name, origin: service.origin)
        } else if Self.isCutOff(event.bytes) {
            self = .cutOff(at: event.count)
        } else if members.isRecord {
            self = .record
        } else {
            return nil
        }
    }

    /// The whole message, which the path and the byte follow.
    var message: String {
        switch self {
        case .cutOff(let end):
            "the event is truncated after \(end) bytes; Lambda sends complete events, so check what stored or copied "
                + "this one"
        case .empty: "the event is empty; this function accepts batches of a Kafka event source mapping"
        case .service(let name, let origin):
            "the event is from \(name); this function accepts batches of a Kafka event source mapping: remove "
                + "its trigger (\(origin)) and subscribe the function to a topic of Amazon MSK or "
                + "self-managed Apache Kafka"
        case .record:
            "the event is a single Kafka record; this function accepts batches: wrap it in "
                + #"{"eventSource":"aws:kafka","records":{"TOPIC-PARTITION":[…]}}, or make one of values with "#
                + "./build.sh local event"
        case .recordList:
            "the event is a list of records, as EventBridge Pipes sends it; this function accepts batches of a Kafka "
                + #"event source mapping, {"eventSource":"aws:kafka","records":{"TOPIC-PARTITION":[…]}}"#
        }
    }

    /// Whether a bracket or a string is still open at the end.
    private static func isCutOff(_ event: UnsafeRawBufferPointer) -> Bool {
        var (depth, inString, isEscaped) = (0, false, false)
        for byte in event {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = inString
            } else if byte == UInt8(ascii: "\"") {
                inString.toggle()
            } else if !inString, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if !inString, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
            }
        }
        return depth > 0 || inString
    }
}

/// The members that distinguish the events of AWS's services.
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
private struct Members {
    private var names: Set<String> = []
    /// `eventSource`, or SNS's `EventSource`, of the event or of the first entry in its `Records`.
    private var source: String?

    private static let services: [String: (name: String, origin: String)] = [
        "aws:sqs": ("Amazon SQS", "an event source mapping of a queue"),
        "aws:sns": ("Amazon SNS", "a subscription to an SNS topic"),
        "aws:s3": ("Amazon S3", "an event notification of a bucket"),
        "aws:kinesis": ("Amazon Kinesis", "an event source mapping of a stream"),
        "aws:dynamodb": ("Amazon DynamoDB", "an event source mapping of a table's stream"),
        "aws:mq": ("Amazon MQ", "an event source mapping of an ActiveMQ queue"),
        "aws:rmq": ("Amazon MQ", "an event source mapping of a RabbitMQ queue"),
        "aws:docdb": ("Amazon DocumentDB", "an event source mapping of a change stream"),
    ]

    /// Reads as far as it can: an event that is cut off has shown what it is by then.
    mutating func read(_ cursor: inout JSONCursor) { try? readAll(&cursor) }

    private mutating func readAll(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        var isFirst = true
        while let name = try cursor.nextName(&isFirst) {
            // Short names distinguish events; long ones are somebody's data.
            if name.raw.count <= 40 { names.insert(name.text) }
            if name.isWritten("eventSource") || name.isWritten("EventSource"), cursor.peek() == UInt8(ascii: "\"") {
                source = try cursor.readString().text
            } else if name.isWritten("Records"), cursor.peek() == UInt8(ascii: "[") {
                try readFirst(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readFirst(_ cursor: inout JSONCursor) throws(JSONError) {
        var entries = cursor
        try entries.enterArray()
        var isFirst = true
        if try entries.nextElement(&isFirst) {
            var first = Members()
            first.read(&entries)
            source = source ?? first.source
        }
        try cursor.skipValue()
    }

    var service: (name: String, origin: String)? {
        if let source, let service = Self.services[source] { return service }
        if names.contains("requestContext"), !names.isDisjoint(with: ["httpMethod", "routeKey", "rawPath", "resource"])
        {
            return ("API Gateway, a function URL or a load balancer", "an HTTP route to the function")
        }
        if names.isSuperset(of: ["detail-type", "detail"]) {
            return ("Amazon EventBridge", "a rule or a schedule with the function as its target")
        }
        if names.contains("awslogs") { return ("CloudWatch Logs", "a subscription filter of a log group") }
        return nil
    }

    var isRecord: Bool { names.contains("topic") && names.contains("offset") && !names.contains("records") }
}
