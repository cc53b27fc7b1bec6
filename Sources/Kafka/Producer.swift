import CRdKafka

/// Sends records. Lives on one thread; `poll` and `flush` report what was delivered.
package final class Producer {
    /// A record that the broker has, or that it will not have.
    package struct Delivery {
        package var record: ConsumedRecord
        package var error: KafkaError?
    }

    /// Told of each record's fate, within `send`, `poll` and `flush`.
    package var onDelivery: ((Delivery) -> Void)?
    /// Called for errors of brokers; the client keeps trying.
    package var onError: ((KafkaError) -> Void)?
    private var client: OpaquePointer?

    /// - Throws: `KafkaError` naming a setting that librdkafka does not take.
    package init(_ settings: KafkaSettings) throws(KafkaError) {
        let configuration = try settings.configuration()
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
            guard let message, let opaque else { return }
            let producer = Unmanaged<Producer>.fromOpaque(opaque).takeUnretainedValue()
            guard let onDelivery = producer.onDelivery else { return }
            let error =
                message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR
                ? nil : KafkaError(message.pointee.err, "a record was not delivered")
            onDelivery(Delivery(record: ConsumedRecord(message), error: error))
        }
        rd_kafka_conf_set_error_cb(configuration) { _, code, reason, opaque in
            guard let opaque else { return }
            let producer = Unmanaged<Producer>.fromOpaque(opaque).takeUnretainedValue()
            let what = reason.map { String(cString: $0) } ?? "Kafka"
            producer.onError?(KafkaError(rd_kafka_resp_err_t(rawValue: code), what))
        }
        client = try makeClient(RD_KAFKA_PRODUCER, configuration)
    }

    deinit {
        onDelivery = nil
        onError = nil
        if let client { rd_kafka_destroy(client) }
    }

    /// Hands a record to the client, waiting while its queue is full.
    ///
    /// - Parameters:
    ///   - partition: `nil` lets the key decide.
    ///   - timestamp: milliseconds since 1970; `nil` is now.
    package func send(
        topic: String, partition: Int32? = nil, key: [UInt8]?, value: [UInt8]?,
        headers: [(name: String, value: [UInt8])] = [], timestamp: Int64? = nil
    ) throws(KafkaError) {
        while true {
            let list = Self.headers(headers)
            let code = key.withBytes { key in
                value.withBytes { value in
                    crdkafka_produce(
                        client, topic, partition ?? crdkafka_any_partition, key.baseAddress, key.count,
                        value.baseAddress, value.count, list, timestamp ?? 0)
                }
            }
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { break }
            if let list { rd_kafka_headers_destroy(list) }
            guard code == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
                throw KafkaError(code, "a record for the topic \(topic) was rejected")
            }
            poll(milliseconds: 100)
        }
        poll(milliseconds: 0)
    }

    /// Reports deliveries, waiting for the first one.
    package func poll(milliseconds: Int32) { rd_kafka_poll(client, milliseconds) }

    /// Waits until all records are delivered or have failed. False where some are still under way.
    package func flush(milliseconds: Int32) -> Bool {
        rd_kafka_flush(client, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    private static func headers(_ all: [(name: String, value: [UInt8])]) -> OpaquePointer? {
        guard !all.isEmpty else { return nil }
        let list = rd_kafka_headers_new(all.count)
        for header in all {
            header.value.withUnsafeBytes {
                _ = rd_kafka_header_add(
                    list, header.name, -1, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), $0.count)
            }
        }
        return list
    }
}

extension Optional where Wrapped == [UInt8] {
    /// A null pointer is a null key or value; an empty one must not look like it.
    fileprivate func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        guard let bytes = self else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard !bytes.isEmpty else {
            return withUnsafeBytes(of: 0 as UInt8) { body(UnsafeRawBufferPointer(rebasing: $0[..<0])) }
        }
        return bytes.withUnsafeBytes(body)
    }
}
