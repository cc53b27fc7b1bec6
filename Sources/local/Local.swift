import ArgumentParser

@main
struct Local: ParsableCommand {
    static let configuration = CommandConfiguration(
        // As it is typed: usage lines begin with it.
        commandName: "./build.sh local",
        abstract: "A Kafka-triggered Lambda function on this machine: broker, producer and event source mapping.",
        discussion: """
            A first session, each command in its own terminal:

              ./build.sh local kafka --topic stock_market:6
              ./build.sh local produce stock_market --rate 10
              ./build.sh local map stock_market --function .build/lambda/bootstrap --timeout 60

            The function reads its own variables from the environment, for example INGESTION_BUCKET and \
            AWS_ENDPOINT_URL. Without --bootstrap-servers, commands use the one that `./build.sh local kafka` started.
            """,
        subcommands: [
            KafkaCommand.self, Produce.self, Map.self, Event.self, Invoke.self, Replay.self, Errors.self, Verify.self,
        ])
}
