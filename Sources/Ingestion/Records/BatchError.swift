/// A batch whose records cannot be assigned to objects. The invocation fails, and none of it has been written.
package enum BatchError: Error, Equatable, CustomStringConvertible {
    case topicNotUTF8(position: Int)
    case outOfOrder(TopicPartition, offset: Int64, after: Int64)
    case keyTooLong(TopicPartition)

    package var description: String {
        switch self {
        case .topicNotUTF8(let position):
            "the topic of the record at byte \(position) of the event is not UTF-8"
        case .outOfOrder(let partition, let offset, let last):
            "\(partition)@\(offset) comes after \(partition)@\(last) in one batch: "
                + "offsets must increase, or objects could not be named after the offsets they hold"
        case .keyTooLong(let partition):
            // Too long to be shown whole, too.
            "the object keys of \(partition.topic.prefix(80))…-\(partition.partition) would be longer than the "
                + "\(ObjectLayout.maximumKeyLength) bytes S3 allows: "
                + "shorten INGESTION_PREFIX or ERRORS_PREFIX, or remove the topic from the mapping"
        }
    }
}
