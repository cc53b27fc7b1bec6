import TableSchema

/// The columns of what `RowMetadata` adds to rows. All of them are there from the beginning, so that a query can name
/// one that no row has had yet.
extension RowSchema {
    /// `kafka_timestamp` is what is written, milliseconds since 1970, and so `bigint`: no SerDe reads a number of
    /// milliseconds as a `timestamp` in the same way as the next one. `from_unixtime(kafka_timestamp / 1000.0)` is the
    /// moment, and `kafka_timestamp >= to_unixtime(timestamp '2026-11-24 06:00:00') * 1000` compares with one.
    static func metadata(
        _ mode: IngestionConfiguration.RecordMetadata, _ tombstones: IngestionConfiguration.Tombstones
    ) -> RowSchema {
        guard mode != .none else { return RowSchema() }
        var fields: [(String, ColumnType)] = [
            ("kafka_topic", .string), ("kafka_partition", .integer(isWide: false)),
            ("kafka_offset", .integer(isWide: false)), ("kafka_timestamp", .integer(isWide: false)),
        ]
        if mode == .kafkaHeaders { fields += [("kafka_timestamp_type", .string), ("kafka_headers", headers)] }
        fields += [("kafka_key", .string), ("kafka_key_base64", .string)]
        if tombstones == .row { fields.append(("kafka_tombstone", .boolean)) }
        return RowSchema(fields.map { ColumnType.Field(name: $0.0, type: $0.1) })
    }

    private static let headers = ColumnType.array(
        .structure(["key", "value", "value_base64"].map { ColumnType.Field(name: $0, type: .string) }))

    /// These columns and those of `metadata`, which come before what a new table has no room for.
    func adding(_ metadata: RowSchema) -> RowSchema {
        let room = Self.mostColumns - metadata.fields.count
        return RowSchema(Array(fields.prefix(room)) + metadata.fields + Array(fields.dropFirst(room)))
    }
}
