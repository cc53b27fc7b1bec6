import CRdKafka

/// What librdkafka or the broker refused. The text says what was asked for.
package struct KafkaError: Error, Sendable, CustomStringConvertible {
    package var description: String
    /// librdkafka's number, negative where the client itself found the fault; 0 where there is none.
    package var code: Int32
    /// The topic it is about, where it is about one.
    package var topic: String?

    init(_ code: rd_kafka_resp_err_t, _ what: String, topic: String? = nil) {
        self.code = code.rawValue
        self.topic = topic
        isFatal = code == RD_KAFKA_RESP_ERR__FATAL
        description = "\(what): \(String(cString: rd_kafka_err2str(code)))"
    }

    init(_ description: String) {
        code = 0
        self.description = description
    }

    /// The client can do nothing any more: its instance was fenced, for example.
    package private(set) var isFatal = false

    var asFatal: KafkaError {
        var error = self
        error.isFatal = true
        return error
    }

    /// The topic does not exist, or these credentials may not see it.
    package var isMissingTopic: Bool {
        topic != nil
            && [
                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            ].contains { $0.rawValue == code }
    }

    /// The group is being rebalanced: what was refused is taken after that, or is another member's then.
    package var isRebalance: Bool {
        [
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
        ].contains { $0.rawValue == code }
    }

    /// No broker can be reached, or none lets this client in.
    package var isOutage: Bool {
        [RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL]
            .contains { $0.rawValue == code }
    }
}

package struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var topic: String
    package var partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// `prices-0`, as Lambda names the lists of an event.
    package var description: String { "\(topic)-\(partition)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Client settings by librdkafka's names (`security.protocol`, `sasl.username`, …).
/// https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md
package struct KafkaSettings: Sendable, ExpressibleByDictionaryLiteral {
    package var values: [String: String]

    package init(_ values: [String: String]) { self.values = values }

    package init(dictionaryLiteral elements: (String, String)...) {
        values = Dictionary(elements, uniquingKeysWith: { $1 })
    }

    /// The values of `other` win.
    package func overridden(by other: KafkaSettings) -> KafkaSettings {
        KafkaSettings(values.merging(other.values) { $1 })
    }

    /// - Throws: `KafkaError` naming the setting; never its value, which may be a password.
    func configuration() throws(KafkaError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else { throw KafkaError("librdkafka is out of memory") }
        // What librdkafka would print comes as errors as well; lines of its own would break a live display.
        rd_kafka_conf_set_log_cb(configuration, nil)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            var reason = [CChar](repeating: 0, count: 512)
            let result = rd_kafka_conf_set(configuration, name, value, &reason, reason.count)
            guard result == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                let problem =
                    result == RD_KAFKA_CONF_UNKNOWN
                    ? "is not a setting of librdkafka" : "has a value that librdkafka does not accept"
                throw KafkaError("the Kafka property \(name) \(problem); see librdkafka's CONFIGURATION.md")
            }
        }
        return configuration
    }
}

/// Makes a client; librdkafka takes the configuration over only where it succeeds.
func makeClient(_ type: rd_kafka_type_t, _ configuration: OpaquePointer) throws(KafkaError) -> OpaquePointer {
    var reason = [CChar](repeating: 0, count: 512)
    guard let client = rd_kafka_new(type, configuration, &reason, reason.count) else {
        rd_kafka_conf_destroy(configuration)
        let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw KafkaError("the Kafka client could not be created: \(text)")
    }
    return client
}
