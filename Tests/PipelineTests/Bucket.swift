import TestParts

extension Bucket {
    private static let questions = TestParts.file("questions.py")

    /// The function's variables for this bucket.
    func variables(_ more: [String: String] = [:]) throws -> [String: String] {
        try variables(["AWS_REGION": "us-east-1", "RECORD_METADATA": "kafka"].merging(more) { $1 }, user: nil)
    }

    struct Comparison: Decodable {
        var wrong: [String]
        var count: Int
    }

    /// What is wrong with the bucket: empty where each record of the file `sent` is there once, as sent, in order.
    func comparison(with sent: String, topic: String = "stock_market", without: [[Int64]] = []) throws -> Comparison {
        try ask("compare", ["sent": sent, "topic": topic, "without": without], of: Self.questions)
    }

    /// How many records are stored of each partition.
    func partitions() throws -> [String: Int] {
        struct Found: Decodable { var counts: [String: Int] }
        return try ask("partitions", of: Self.questions, Found.self).counts
    }

    func remove(_ key: String) throws {
        _ = try ask("remove", ["key": key], of: Self.questions, LocalAWS.Nothing.self)
    }

    func copy(_ key: String, to copy: String) throws {
        _ = try ask("copy", ["key": key, "to": copy], of: Self.questions, LocalAWS.Nothing.self)
    }

    func objects(under prefix: String) throws -> [String: String] {
        struct Found: Decodable { var objects: [String: String] }
        return try ask("objects", ["prefix": prefix], of: Self.questions, Found.self).objects
    }
}
