import ArgumentParser
import Foundation
import Kafka

struct Produce: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends stock-market records to a topic.",
        discussion: """
            Each record is one JSON object with nine columns; its key is the index, so that an index stays in one \
            partition, in order. Without --rate it sends one record per second, as the original pipeline does.
            """)

    @Argument(help: "The topic.")
    var topic = "stock_market"

    @OptionGroup var broker: BrokerOptions

    @Option(help: "Records per second; 0 is as fast as possible.")
    var rate = 1.0

    @Option(help: "Number of records; 0 is until Ctrl-C.")
    var count = 0

    @Option(help: "The same seed produces the same records.")
    var seed: UInt64 = 1

    @Option(help: "The records' key: index keeps each index in one partition; index-date spreads evenly; none.")
    var key = Key.index

    enum Key: String, ExpressibleByArgument, CaseIterable {
        case index
        case indexDate = "index-date"
        case none
    }

    @Flag(help: "Adds two headers to each record, one of them with non-ASCII bytes.")
    var headers = false

    @Option(
        help: ArgumentHelp(
            "Makes every n-th record awkward: no value, not JSON, not UTF-8, or no key; 0 is never.", valueName: "n"))
    var awkwardEvery = 0

    @Option(
        help: ArgumentHelp(
            "Writes one line of JSON per record that the broker confirmed: partition, offset, key, value and headers.",
            valueName: "file"))
    var recordTo: String?

    func validate() throws {
        guard rate >= 0, count >= 0, awkwardEvery >= 0 else {
            throw ValidationError("--rate, --count and --awkward-every must be 0 or more")
        }
    }

    func run() throws {
        let interruption = Interruption()
        try broker.checkTopics([topic])
        // Java's partitioner. At full speed records wait to go in large sets: the built-in broker hands out one set
        // at a time, and keeps more of them where they are compressed well.
        let ours: KafkaSettings = [
            "partitioner": "murmur2_random", "compression.type": "zstd", "linger.ms": rate == 0 ? "250" : "5",
            "batch.num.messages": "5000",
        ]
        let producer = try Producer(ours.overridden(by: try broker.settings()))
        let tally = Tally(try recordTo.map(DeliveryFile.init))
        producer.onDelivery = { tally.record($0) }
        producer.onError = { Terminal.shared.print("Kafka: \($0)") }

        var market = StockMarket(seed: seed)
        let started = Date()
        var sent = 0
        var lastShown = 0.0
        while (count == 0 || sent < count) && !interruption.hasCome {
            let elapsed = -started.timeIntervalSinceNow
            if elapsed - lastShown >= (Terminal.shared.isLive ? 0.25 : 5) {
                lastShown = elapsed
                show(tally, sent, elapsed)
            }
            let due = rate == 0 ? 0 : Double(sent) / rate - elapsed
            guard due <= 0 else {
                producer.poll(milliseconds: Int32(min(100, max(1, due * 1000))))
                continue
            }
            try send(producer, &market, sent)
            sent += 1
        }
        let flushed = producer.flush(milliseconds: 30_000)
        let elapsed = -started.timeIntervalSinceNow
        try tally.file?.close()
        Terminal.shared.show([])
        Terminal.shared.print(
            "\(counted(tally.delivered, "record")) delivered to \(topic) in \(tenths(elapsed)) s "
                + "(\(grouped(Int(Double(tally.delivered) / max(elapsed, 0.001)))) per second)")
        guard flushed, tally.failed == 0 else {
            let reason = tally.lastError ?? "the broker did not confirm them within 30 s; check that it is running"
            throw CommandFailure("not delivered: \(counted(sent - tally.delivered, "record")): \(reason)")
        }
    }

    private func send(_ producer: Producer, _ market: inout StockMarket, _ number: Int) throws {
        let row = market.next()
        var key: [UInt8]?
        switch self.key {
        case .index: key = Array(row.index.utf8)
        case .indexDate: key = Array("\(row.index) \(row.date)".utf8)
        case .none: key = nil
        }
        var value: [UInt8]? = Array(row.json.utf8)
        if awkwardEvery > 0, number % awkwardEvery == awkwardEvery - 1 {
            switch number / awkwardEvery % 5 {
            case 0: value = nil
            case 1: value = Array("not JSON, \(row.index)".utf8)
            case 2: value = [0xff, 0xfe, 0x00, 0x7b]
            case 3: key = nil
            default: value = Array("[\(number)]".utf8)
            }
        }
        try producer.send(
            topic: topic, key: key, value: value,
            headers: headers ? [("source", Array("Börse".utf8)), ("sequence", Array("\(number)".utf8))] : [])
    }

    private func show(_ tally: Tally, _ sent: Int, _ elapsed: Double) {
        let rate = Int(Double(tally.delivered) / max(elapsed, 0.001))
        let partitions = tally.byPartition.sorted { $0.key < $1.key }.map { "\($0.key): \(grouped($0.value))" }
        let inFlight = sent - tally.delivered - tally.failed
        let line =
            "\(topic): \(grouped(tally.delivered)) delivered, \(grouped(inFlight)) in flight, "
            + "\(grouped(rate)) per second; by partition \(partitions.joined(separator: "  "))"
        Terminal.shared.isLive ? Terminal.shared.show([line]) : Terminal.shared.print(line)
    }
}

func tenths(_ value: Double) -> String { String(format: "%.1f", value) }

/// What became of the records. Used on the producer's thread alone.
private final class Tally {
    var delivered = 0
    var failed = 0
    var byPartition: [Int32: Int] = [:]
    var lastError: String?
    let file: DeliveryFile?

    init(_ file: DeliveryFile?) { self.file = file }

    func record(_ delivery: Producer.Delivery) {
        if let error = delivery.error {
            failed += 1
            lastError = "\(error)"
            return
        }
        delivered += 1
        byPartition[delivery.record.partition, default: 0] += 1
        file?.append(delivery.record)
    }
}

/// Confirmed records as JSON lines, for a reader to compare with what arrives at the other end.
private final class DeliveryFile {
    private let file: UnsafeMutablePointer<FILE>

    init(_ path: String) throws {
        guard let file = fopen(path, "w") else {
            throw CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        self.file = file
    }

    func append(_ record: ConsumedRecord) {
        func base64(_ bytes: UnsafeRawBufferPointer?) -> String {
            bytes.map { "\"\(Data($0).base64EncodedString())\"" } ?? "null"
        }
        var headers: [String] = []
        record.forEachHeader { name, value in
            headers.append("[\"\(String(decoding: name, as: UTF8.self))\",\(base64(value))]")
        }
        fputs(
            "{\"partition\":\(record.partition),\"offset\":\(record.offset),"
                + "\"key\":\(base64(record.key)),\"value\":\(base64(record.value)),"
                + "\"headers\":[\(headers.joined(separator: ","))]}\n",
            file)
    }

    func close() throws {
        guard fclose(file) == 0 else { throw CommandFailure("the file of --record-to could not be written completely") }
    }
}
