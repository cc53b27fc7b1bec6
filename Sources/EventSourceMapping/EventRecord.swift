import Base64
import Bytes
import JSON
import Kafka

/// A record in the form it has within an event, made once when it is read.
struct EventRecord: Sendable {
    var offset: Int64
    /// Milliseconds since 1970, -1 where the record has none.
    var timestamp: Int64
    var json: [UInt8]
    /// Of the partition's progress when it was read.
    var epoch: Int32 = 0
}

/// Writes records as Lambda does: key and value in base64 or null, header bytes as signed numbers.
/// https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event
final class RecordEncoder {
    private let buffer = ByteBuffer(capacity: 4096)

    func encode(_ record: ConsumedRecord, topic: String) -> EventRecord {
        let timestamp = record.timestamp
        begin(topic, record.partition, record.offset, timestamp)
        append(key: record.key, value: record.value)
        var isFirst = true
        record.forEachHeader { name, value in
            if !isFirst { buffer.append(",") }
            isFirst = false
            appendHeader(name, value)
        }
        buffer.append("]}")
        return EventRecord(offset: record.offset, timestamp: timestamp.milliseconds, json: Array(buffer.bytes))
    }

    /// A record without headers, whose time is its producer's.
    func encode(_ place: TopicPartition, offset: Int64, timestamp: Int64, key: [UInt8]?, value: [UInt8]) -> EventRecord
    {
        begin(place.topic, place.partition, offset, (timestamp, .create))
        value.withUnsafeBytes { value in
            if let key { key.withUnsafeBytes { append(key: $0, value: value) } } else { append(key: nil, value: value) }
        }
        buffer.append("]}")
        return EventRecord(offset: offset, timestamp: timestamp, json: Array(buffer.bytes))
    }

    private func begin(
        _ topic: String, _ partition: Int32, _ offset: Int64,
        _ timestamp: (milliseconds: Int64, type: ConsumedRecord.TimestampType)
    ) {
        buffer.removeAll()
        buffer.append("{\"topic\":")
        JSONWriter.appendString(topic, to: buffer)
        buffer.append(",\"partition\":")
        buffer.append(decimal: Int64(partition))
        buffer.append(",\"offset\":")
        buffer.append(decimal: offset)
        buffer.append(",\"timestamp\":")
        buffer.append(decimal: timestamp.milliseconds)
        buffer.append(",\"timestampType\":\"")
        buffer.append(timestamp.type.rawValue)
    }

    /// Up to where the headers stand.
    private func append(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?) {
        buffer.append("\",\"key\":")
        appendBase64(key)
        buffer.append(",\"value\":")
        appendBase64(value)
        buffer.append(",\"headers\":[")
    }

    private func appendBase64(_ bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return buffer.append("null") }
        buffer.append("\"")
        Base64.encode(bytes, appendingTo: buffer)
        buffer.append("\"")
    }

    /// `{"name":[104,-61]}`. A header without a value becomes an empty list.
    private func appendHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) {
        buffer.append("{")
        JSONWriter.appendString(name, to: buffer)
        buffer.append(":[")
        for (index, byte) in (value ?? UnsafeRawBufferPointer(start: nil, count: 0)).enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append(decimal: Int64(Int8(bitPattern: byte)))
        }
        buffer.append("]}")
    }
}
