import Environment

/// Which database's tables the function keeps itself.
package struct GlueConfiguration: Equatable, Sendable {
    package var database: String
    /// Whether each folder is registered as a partition too, for readers that know nothing of projected ones.
    package var registersPartitions: Bool

    /// - Parameter isChosen: whether the function keeps the tables; what is set is checked in any case.
    init?(_ environment: Environment, isChosen: Bool) throws(ConfigurationError) {
        registersPartitions = try environment.flag("GLUE_PARTITIONS") ?? false
        let name = environment["GLUE_DATABASE"]
        if let name, !Self.isDatabase(name) {
            throw ConfigurationError(
                "GLUE_DATABASE",
                "is '\(name)'; expected the name of a Glue database: up to 255 lower-case letters, digits, _ and -")
        }
        guard isChosen else { return nil }
        guard let name else {
            throw ConfigurationError(
                "GLUE_DATABASE", "is not set, but CATALOG is 'glue'; set it to the database for the tables")
        }
        database = name
    }

    /// Glue lowers names itself, which would make one database of two in messages and policies.
    private static func isDatabase(_ name: String) -> Bool {
        name.utf8.count <= 255
            && name.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            }
    }
}
