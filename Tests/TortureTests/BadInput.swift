import Testing
import Foundation

/// An event that nobody should send, and what becomes of it.
struct BadInput: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable, Equatable {
        case rows(Int)
        /// One quarantined record, for this reason.
        case quarantined(String)
        /// The invocation fails, nothing is written, and the text says this.
        case fails(String)
    }

    let name: String
    let event: [UInt8]
    let outcome: Outcome
    /// With `RECORD_METADATA=kafka`, where that differs.
    let withMetadata: Outcome

    var testDescription: String { name }

    init(_ name: String, _ event: [UInt8], _ outcome: Outcome, withMetadata: Outcome? = nil) {
        self.name = name
        self.event = event
        self.outcome = outcome
        self.withMetadata = withMetadata ?? outcome
    }

    /// The whole event as text.
    static func event(_ name: String, _ text: String, _ outcome: Outcome) -> BadInput {
        BadInput(name, Array(text.utf8), outcome)
    }

    /// A batch of these records.
    static func records(_ name: String, _ records: String, _ outcome: Outcome, withMetadata: Outcome? = nil) -> BadInput
    {
        BadInput(name, Array(batch(records).utf8), outcome, withMetadata: withMetadata)
    }

    /// One record whose decoded value is this.
    static func value(_ name: String, _ value: String, _ outcome: Outcome, withMetadata: Outcome? = nil) -> BadInput {
        bytes(name, Array(value.utf8), outcome, withMetadata: withMetadata)
    }

    static func bytes(_ name: String, _ value: [UInt8], _ outcome: Outcome, withMetadata: Outcome? = nil) -> BadInput {
        records(name, record(value: "\"\(Data(value).base64EncodedString())\""), outcome, withMetadata: withMetadata)
    }

    static func batch(_ records: String) -> String {
        "{\"eventSource\":\"aws:kafka\",\"records\":{\"t-0\":[\(records)]}}"
    }

    /// Each as JSON text; `nil` leaves the member out. The value is `{"a":1}`.
    static func record(
        topic: String? = "\"t\"", partition: String? = "0", offset: String? = "7", timestamp: String? = "1545084650987",
        key: String? = nil, value: String? = "\"eyJhIjoxfQ==\"", headers: String? = nil, more: String = ""
    ) -> String {
        let members = [
            ("topic", topic), ("partition", partition), ("offset", offset), ("timestamp", timestamp), ("key", key),
            ("value", value), ("headers", headers),
        ]
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",")
            + more + "}"
    }
}

func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }
