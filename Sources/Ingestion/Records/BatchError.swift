/// A batch whose records cannot be given a place. The invocation fails, and nothing of it has been written.
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
                + "offsets must rise, or no object could say which of them it holds"
        case .keyTooLong(let partition):
            // Too long to be shown whole, too.
            "the object keys of \(partition.topic.prefix(80))…-\(partition.partition) would be longer than the "
                + "\(ObjectLayout.maximumKeyLength) bytes S3 allows: "
                + "shorten INGESTION_PREFIX or ERRORS_PREFIX, or take the topic out of the mapping"
        }
    }
}
