import Logging

/// What a batch writes to the log: each thing once, and no more lines for many objects than for a few.
struct BatchReport {
    private let placements: [ObjectPlacement]
    private let bucket: String

    /// How many lines, or places in a line, are written of one thing.
    private static let most = 10

    init(_ placements: [ObjectPlacement], bucket: String) {
        self.placements = placements
        self.bucket = bucket
    }

    /// At DEBUG, each object, so that the key of the one that holds `orders-1@5000` can be found, and the request
    /// that wrote it.
    func logObjects(_ logger: Logger) {
        guard logger.logLevel <= .debug else { return }
        for placement in placements {
            for object in placement.created { logger.debug("stored", metadata: metadata(of: object, placement.draft)) }
        }
    }

    /// At WARN, each object of quarantined records: how many for which reason, and where they are. Never their
    /// contents.
    func logQuarantine(_ logger: Logger) {
        let objects = placements.filter { $0.draft.content == .errors }.flatMap { placement in
            placement.created.compactMap { object in
                let reasons = placement.draft.rejections(in: object.metadata.firstOffset...object.metadata.lastOffset)
                return reasons.isEmpty ? nil : (placement.draft, object, reasons)
            }
        }
        for (draft, object, reasons) in objects.prefix(Self.most) {
            var metadata = metadata(of: object, draft)
            metadata["reasons"] = .string(reasons.map { "\($0.reason)=\($0.count)" }.joined(separator: " "))
            logger.warning("quarantined", metadata: metadata)
        }
        guard objects.count > Self.most else { return }
        logger.warning("quarantined records in \(objects.count - Self.most) more objects")
    }

    /// At WARN, each folder that holds records under a time that is not theirs: those that have none (-1, as Kafka says
    /// it, is an hour of 1969), and those whose time was given in seconds, which as milliseconds is early in 1970. They
    /// stay where they are, since every delivery must find them there; but nobody looks for them in that folder.
    func logDoubtfulTimes(_ logger: Logger) {
        let doubts = placements.map(\.draft).filter(\.period.isFolder).flatMap { draft in
            [(-1...(-1), Self.timeless), (0...Self.greatestInSeconds, Self.inSeconds)].compactMap { times, text in
                guard draft.period.overlaps(times) else { return nil as (ObjectDraft, Int64, Int, String)? }
                let found = draft.records.filter { times.contains($0.timestamp) }
                return found.first.map { (draft, $0.offset, found.count, text) }
            }
        }
        for (draft, offset, count, text) in doubts.prefix(Self.most) {
            logger.warning(
                "\(text)",
                metadata: [
                    "first": "\(draft.topicPartition)@\(offset)", "records": .stringConvertible(count),
                    "folder": "s3://\(bucket)/\(draft.folder)",
                ])
        }
        guard doubts.count > Self.most else { return }
        logger.warning("records without a plausible timestamp in \(doubts.count - Self.most) more folders")
    }

    private static let timeless =
        "records have no timestamp, so they are in a folder for 1969: have the producer set one, or use LogAppendTime "
        + "for the topic"
    private static let inSeconds =
        "records have timestamps early in 1970, as if seconds were set instead of milliseconds: check the producer"
    /// The year 2100 in seconds, as which 1970-02-17 is read.
    private static let greatestInSeconds: Int64 = 4_102_444_800

    private func metadata(of object: ObjectPlacement.CreatedObject, _ draft: ObjectDraft) -> Logger.Metadata {
        [
            "partition": "\(draft.topicPartition)",
            "offsets": "\(object.metadata.firstOffset)-\(object.metadata.lastOffset)",
            "records": .stringConvertible(object.metadata.recordCount),
            "bytes": .stringConvertible(object.byteCount),
            "object": "s3://\(bucket)/\(object.key)",
        ]
    }
}

extension BatchOutcome {
    /// `orders-0@5000-5099 orders-1@70-71`, and how many more.
    var places: String {
        let shown = partitions.prefix(10).map { "\($0.name)@\($0.firstOffset)-\($0.lastOffset)" }
        let more = partitions.count > shown.count ? " and \(partitions.count - shown.count) more" : ""
        return shown.joined(separator: " ") + more
    }

    /// Why records were not stored: each cause once, with the partitions affected and, as an example, the message for
    /// the first of them.
    var causes: [String] {
        var causes: [(cause: String, met: [Unwritten])] = []
        for item in unwritten {
            let index = causes.firstIndex { $0.cause == item.failure.cause } ?? causes.endIndex
            if index == causes.endIndex { causes.append((item.failure.cause, [])) }
            causes[index].met.append(item)
        }
        let told = causes.prefix(5).map { Self.text(of: $0.met) }
        return causes.count > 5 ? told + ["\(causes.count - 5) more causes"] : told
    }

    private static func text(of met: [Unwritten]) -> String {
        let places = met.prefix(10).map { "\($0.partition)@\($0.firstOffset)" }.joined(separator: ", ")
        let more = met.count > 10 ? " and \(met.count - 10) more partitions" : ""
        return "records from \(places)\(more) onward were not stored: \(met[0].failure)"
    }
}
