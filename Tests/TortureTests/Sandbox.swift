import TestParts

extension Sandbox {
    /// - Parameter environment: over what every sandbox has.
    convenience init(endpoint: String, _ environment: [String: String] = [:]) throws {
        let usual = [
            "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "INGESTION_BUCKET": "ingestion", "RECORD_METADATA": "kafka",
            "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        ]
        try self.init(usual.merging(environment) { $1 })
    }

    /// - Parameter grace: milliseconds that the sandbox lives on after the deadline, for machines that are busy.
    func outcome(_ event: String, remaining: Int = 20_000, grace: Int = 0) -> (Answer, milliseconds: Int) {
        answer(to: deliver(event, remaining: remaining), grace: grace)
    }
}
