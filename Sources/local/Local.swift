import ArgumentParser

@main
struct Local: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local",
        abstract: "A Kafka-triggered Lambda function on this machine: broker, producer and event source mapping.",
        discussion: """
            A first session, each command in a terminal of its own:

              local kafka --topic stock_market:6
              local produce stock_market --rate 10
              local map stock_market --function .build/lambda/bootstrap --timeout 60

            The function reads its own variables from the environment, INGESTION_BUCKET and AWS_ENDPOINT_URL for \
            example. Without --bootstrap-servers, commands find the broker that `local kafka` started.
            """,
        subcommands: [KafkaCommand.self, Produce.self, Map.self, Invoke.self, Replay.self, Errors.self, Verify.self])
}
