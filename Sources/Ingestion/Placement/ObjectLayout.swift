import Bytes
import UTC

/// Decides where an object goes:
/// `<prefix>/<topic>/dt=YYYY-MM-DD/hour=HH/<topic>+<partition>+<first offset, 20 digits><the format's ending>`, where
/// `dt` and `hour` may have other names.
///
/// The key depends on the records alone, never on the clock or on how they were batched around the object's first
/// record: a redelivery names the same object again, and S3 can refuse to write it twice.
package struct ObjectLayout: Sendable {
    /// S3's limit for a key, in bytes of UTF-8.
    static let maximumKeyLength = 1024

    package var rowsPrefix: String
    package var errorsPrefix: String
    package var timePartition: TimePartition
    /// The names of the folders by day and by hour, which readers make columns of.
    package var partitionColumns = ["dt", "hour"]

    /// The names that are columns already, and that no row may contain itself.
    var usedPartitionColumns: [String] {
        switch timePartition {
        case .hour: partitionColumns
        case .day: Array(partitionColumns.prefix(1))
        case .none: []
        }
    }

    package enum TimePartition: String, Sendable, CaseIterable {
        case hour, day, none
    }

    /// The folder of all objects of one topic, with a `/` at its end.
    func topicFolder(of topic: String, _ content: ObjectContent) -> String {
        let folder = ByteBuffer(capacity: 128)
        appendTopicFolder(topic, content, to: folder)
        return folder.text
    }

    private func appendTopicFolder(_ topic: String, _ content: ObjectContent, to folder: ByteBuffer) {
        folder.append(content == .rows ? rowsPrefix : errorsPrefix)
        folder.append("/")
        appendFolderName(topic, to: folder)
        folder.append("/")
    }

    /// The folder of one hour or day of one topic, as a crawler reads it, with a `/` at its end.
    func folder(of topic: String, _ period: TimePeriod, _ content: ObjectContent) -> String {
        let folder = ByteBuffer(capacity: 128)
        appendTopicFolder(topic, content, to: folder)
        guard timePartition != .none else { return folder.text }
        let time = CalendarTime(period.start)
        folder.append(partitionColumns[0])
        folder.append("=")
        time.appendDate(to: folder)
        folder.append("/")
        if timePartition == .hour {
            folder.append(partitionColumns[1])
            folder.append("=")
            folder.append(decimal: Int64(time.hour), width: 2)
            folder.append("/")
        }
        return folder.text
    }

    /// What the names of all objects of one topic-partition begin with, within their folder.
    func namePrefix(of topicPartition: TopicPartition) -> String {
        let name = ByteBuffer(capacity: 64)
        appendFileName(topicPartition.topic, to: name)
        name.append("+")
        name.append(decimal: Int64(topicPartition.partition))
        name.append("+")
        return name.text
    }

    /// Twenty digits hold every offset there is and sort as the offsets do.
    static func digits(_ offset: Int64) -> String {
        let digits = ByteBuffer(capacity: 20)
        digits.append(decimal: offset, width: 20)
        return digits.text
    }
}

/// What the lines of an object are.
enum ObjectContent: Int, Sendable {
    /// Records that Athena reads as rows.
    case rows
    /// Records that it could not, each with the reason.
    case errors
}

/// Kafka's own names (letters, digits, `.`, `_`, `-`) stand as they are. What would leave the prefix, begin another
/// Hive column or break a line is percent-encoded, and so is `%`, so that two topics never share a folder.
private func appendFolderName(_ topic: String, to buffer: ByteBuffer) {
    guard topic != ".", topic != ".." else {
        for _ in topic.utf8 { buffer.append(percentEscape: UInt8(ascii: ".")) }
        return
    }
    for byte in topic.utf8 {
        switch byte {
        case 0..<0x20, 0x7F, UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "="), UInt8(ascii: "%"):
            buffer.append(percentEscape: byte)
        default: buffer.append(byte)
        }
    }
}

/// As the folder's name, but Athena passes over files that begin with `_` or `.`, so their first byte is encoded.
private func appendFileName(_ topic: String, to buffer: ByteBuffer) {
    guard let first = topic.utf8.first, first == UInt8(ascii: "_") || first == UInt8(ascii: ".") else {
        return appendFolderName(topic, to: buffer)
    }
    buffer.append(percentEscape: first)
    // Not by characters: an accent after the byte would be part of one.
    appendFolderName(String(topic.unicodeScalars.dropFirst()), to: buffer)
}
