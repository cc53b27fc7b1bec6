"""The table: sets of parameters that must pass, with what must come of them, and sets that must be refused."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]

CLUSTER = "arn:aws:kafka:eu-central-1:123456789012:cluster/example/751d2973-a626-431c-9d4e-d7975eb44dd7-2"
MSK = {"MSKClusterArn": CLUSTER}
SERVERS = {"BootstrapServers": "b-1.example.com:9096,b-2.example.com:9096"}
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_kafka-AbCdEf"
CA = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ca-AbCdEf"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f"
BOUNDARY = "arn:aws:iam::123456789012:policy/limits"
LOGIN = SERVERS | {"KafkaSecretArn": SECRET}
VPC = SERVERS | {"SubnetA": "subnet-0123456789abcdef0", "SecurityGroup": "sg-0123456789abcdef0"}
BROKER = {"OwnBroker": "true", "BrokerImageId": "ami-0123456789abcdef0"}
PROVISIONED = {"MinimumPollers": "2"}
FIVE = {"Topic": "orders", "Topic2": "payments", "Topic3": "a.b", "Topic4": "_x", "Topic5": "Y-z"}

ACCESS = "EventSource.SourceAccessConfigurations"
SUBNET = {"Type": "VPC_SUBNET", "URI": "subnet:subnet-0123456789abcdef0"}
GROUP = {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-0123456789abcdef0"}


def login(kind):
    return {ACCESS: [{"Type": kind, "URI": SECRET}]}


ACCEPTED = {
    "MSK with IAM": (MSK, {
        ACCESS: None, "EventSource.DestinationConfig": None, "EventSource.FunctionResponseTypes": None,
        "EventSource.MaximumRetryAttempts": None, "EventSource.EventSourceArn": CLUSTER,
        "EventSource.SelfManagedEventSource": None, "FailedBatchesBucket": None, "EventSource2": None,
        "EventSource.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId": "kafka-to-s3",
        "Function.Environment.Variables.BATCH_ORDER": "any", "MappingLagAlarm": None,
        "Function.Environment.Variables.METRICS_NAMESPACE": "KafkaIngestion/kafka-to-s3",
        "Function.Environment.Variables.CATALOG": "crawler", "Function.Environment.Variables.GLUE_DATABASE": "",
        "LagAlarmOfTopic.TreatMissingData": "breaching", "Crawler.RecrawlPolicy.RecrawlBehavior": "CRAWL_EVERYTHING",
        "Crawler.SchemaChangePolicy.UpdateBehavior": "UPDATE_IN_DATABASE"}),
    "MSK with SCRAM": (MSK | {"KafkaSecretArn": SECRET, "KafkaSecretKmsKeyArn": KEY}, login("SASL_SCRAM_512_AUTH")),
    "MSK with mTLS": (
        MSK | {"KafkaSecretArn": SECRET, "KafkaAuthentication": "mtls"}, login("CLIENT_CERTIFICATE_TLS_AUTH")),
    "self-managed, SCRAM-512": (LOGIN, login("SASL_SCRAM_512_AUTH") | {
        "EventSource.SelfManagedEventSource.Endpoints.KafkaBootstrapServers": SERVERS["BootstrapServers"].split(","),
        "EventSource.EventSourceArn": None, "EventSource.AmazonManagedKafkaEventSourceConfig": None}),
    "self-managed, SCRAM-256": (LOGIN | {"KafkaAuthentication": "scram-256"}, login("SASL_SCRAM_256_AUTH")),
    "self-managed, PLAIN": (LOGIN | {"KafkaAuthentication": "plain"}, login("BASIC_AUTH")),
    "self-managed, mTLS, private CA": (
        LOGIN | {"KafkaAuthentication": "mtls", "KafkaCACertificateArn": CA, "KafkaSecretKmsKeyArn": KEY},
        {ACCESS: [{"Type": "CLIENT_CERTIFICATE_TLS_AUTH", "URI": SECRET},
                  {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": CA}]}),
    "in a VPC, open": (VPC, {ACCESS: [SUBNET, GROUP]}),
    "in a VPC, two subnets, login, private CA": (
        VPC | LOGIN | {"SubnetB": "subnet-2", "KafkaCACertificateArn": CA},
        {ACCESS: [{"Type": "SASL_SCRAM_512_AUTH", "URI": SECRET}, {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": CA},
                  SUBNET, {"Type": "VPC_SUBNET", "URI": "subnet:subnet-2"}, GROUP]}),
    "own broker": (BROKER | {"BrokerZone": "eu-central-1b", "StockMarketProducer": "true"}, {
        ACCESS: [SUBNET, GROUP], "BrokerSubnet.AvailabilityZone": "eu-central-1b",
        "Broker.ImageId": "ami-0123456789abcdef0", "S3Endpoint.VpcEndpointType": "Gateway",
        "PollersSecurityGroup.SecurityGroupEgress.0.FromPort": 9092,
        "PollersSecurityGroup.SecurityGroupEgress.1.FromPort": 443,
        "PollersSecurityGroup.SecurityGroupEgress.1.CidrIp": "0.0.0.0/0",
        "EventSource.SelfManagedEventSource.Endpoints.KafkaBootstrapServers": ["10.42.0.10:9092"]}),
    "own broker, provisioned": (BROKER | PROVISIONED, {"LambdaEndpoint": None, "BrokerSubnet.AvailabilityZone": None}),
    "provisioned, everything": (
        MSK | PROVISIONED | {"PartialBatchResponse": "true", "BisectBatch": "true", "MaximumRetries": "3",
                             "MaximumRecordAge": "60", "KeepFailedBatches": "true", "MaximumPollers": "5"}, {
            "EventSource.FunctionResponseTypes": ["ReportBatchItemFailures"],
            "EventSource.MaximumRecordAgeInSeconds": "60",
            "EventSource.MetricsConfig.Metrics": ["EventCount", "ErrorCount", "KafkaMetrics"],
            "EventSource.LoggingConfig.SystemLogLevel": "WARN", "LagAlarmOfTopic": None,
            "MappingLagAlarm.MetricName": "SumOffsetLag",
            "UndeliveredBatchesAlarm.MetricName": "DestinationDeliveryFailures"}),
    "provisioned, whole answers": (MSK | PROVISIONED, {
        "EventSource.FunctionResponseTypes": ["ReportBatchItemFailures"],
        "Function.Environment.Variables.PARTIAL_BATCH_RESPONSE": "false"}),
    "failed batches kept": (LOGIN | {"KeepFailedBatches": "true", "BatchOrder": "derived"}, {
        "Function.Environment.Variables.BATCH_ORDER": "any"}),
    "never passes over a batch": (LOGIN | {"BatchOrder": "derived"}, {
        "Function.Environment.Variables.BATCH_ORDER": "strict"}),
    "five topics of MSK": (MSK | PROVISIONED | FIVE, {
        "EventSource5.Topics": ["Y-z"], "MappingLagAlarm5.MetricName": "SumOffsetLag",
        "EventSource3.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId": "kafka-to-s3-3",
        "QuarantinedAlarm4.Dimensions.0.Value": "_x", "DroppedRecordsAlarm2.Statistic": "Sum"}),
    "five topics, self-managed": (LOGIN | FIVE | {"ConsumerGroup": "lake"}, {
        "EventSource.SelfManagedKafkaEventSourceConfig.ConsumerGroupId": "lake",
        "EventSource5.SelfManagedKafkaEventSourceConfig.ConsumerGroupId": "lake-5"}),
    "five topics of the own broker": (BROKER | FIVE, {"EventSource4.Topics": ["_x"]}),
    "with keys and a boundary": (
        MSK | {"KmsKeyArn": KEY, "PermissionsBoundaryArn": BOUNDARY, "KeepFailedBatches": "true"}, {
            "CrawlerRole.PermissionsBoundary": BOUNDARY, "LogGroup.KmsKeyId": KEY,
            "FunctionRole.PermissionsBoundary": BOUNDARY, "Function.KmsKeyArn": KEY,
            "WorkGroup.WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration.KmsKey": KEY}),
    "objects with a key of their own": (
        MSK | {"ObjectEncryption": "aws:kms", "ObjectKmsKeyArn": KEY, "ObjectBucketKey": "false"}, {
            "Function.Environment.Variables.SERVER_SIDE_ENCRYPTION": "aws:kms",
            "Function.Environment.Variables.BUCKET_KEY_ENABLED": "false"}),
    "new folders, no metrics, limits": (
        MSK | {"CrawlerMode": "new-folders", "MetricsNamespace": "", "ReservedConcurrency": "5",
               "InfrequentAccessDays": "30", "ErrorsDays": "1", "CrawlerSchedule": "cron(15 3 * * ? *)",
               "CrawlerTrigger": "interval:600"}, {
            "Crawler.RecrawlPolicy.RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY",
            "Crawler.SchemaChangePolicy.UpdateBehavior": "LOG",
            "QuarantinedAlarm": None, "Dashboard": None}),
    "tables kept by the function": (MSK | {"Catalog": "glue"}, {
        "Crawler": None, "CrawlerRole": None, "Function.Environment.Variables.CATALOG": "glue",
        "Function.Environment.Variables.GLUE_DATABASE": "kafka_to_s3",
        "Function.Environment.Variables.CRAWLER_NAME": ""}),
    "tables kept by the function, partitions registered": (LOGIN | {"Catalog": "glue", "GluePartitions": "true"}, {
        "CrawlerRole": None, "Function.Environment.Variables.GLUE_PARTITIONS": "true"}),
    "no tables": (MSK | {"Catalog": "none"}, {
        "Crawler": None, "Function.Environment.Variables.GLUE_DATABASE": ""}),
    "a namespace of its own": (MSK | {"MetricsNamespace": "Prices/EU"}, {"QuarantinedAlarm.Namespace": "Prices/EU"}),
    "tags and columns of one's own": (
        MSK | {"ObjectTags": "team=data,cost centre=4=2,empty=,Straße:ä.b/c@d+e_f-g=",
               "PartitionColumns": "day,values",
               "AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:on-call.fifo"}, {
            "Function.Environment.Variables.PARTITION_COLUMNS": "day,values"}),
    "one broker": (LOGIN | {"BootstrapServers": "10.0.0.1:65535"}, {
        "EventSource.SelfManagedEventSource.Endpoints.KafkaBootstrapServers": ["10.0.0.1:65535"]}),
    "ten brokers": (LOGIN | {"BootstrapServers": ",".join(f"b-{i}.example.com:9096" for i in range(10))}, {}),
}

# (a part of the sentence, parameters)
REFUSED = [
    ("Say where Kafka is", {}),
    ("cannot both be set", MSK | LOGIN),
    ("cannot be set with OwnBroker", MSK | BROKER),
    ("OwnBroker=true needs BrokerImageId", {"OwnBroker": "true"}),
    ("requires no login", BROKER | {"KafkaSecretArn": SECRET}),
    ("need KafkaSecretArn", SERVERS),
    ("belong together", SERVERS | {"SubnetA": "subnet-1"}),
    ("SubnetB is the same", VPC | {"SubnetB": VPC["SubnetA"]}),
    ("SubnetA is for BootstrapServers", MSK | {"SubnetA": "subnet-1", "SecurityGroup": "sg-1"}),
    ("set that as well", VPC | {"KafkaAuthentication": "plain"}),
    ("MSK supports KafkaAuthentication", MSK | {"KafkaSecretArn": SECRET, "KafkaAuthentication": "plain"}),
    ("MSK supports KafkaAuthentication", MSK | {"KafkaSecretArn": SECRET, "KafkaAuthentication": "scram-256"}),
    ("needs KafkaSecretKmsKeyArn", MSK | {"KafkaSecretArn": SECRET}),
    ("set KafkaSecretArn as well", MSK | {"KafkaSecretKmsKeyArn": KEY}),
    ("KafkaCACertificateArn is for BootstrapServers", MSK | {"KafkaCACertificateArn": CA}),
    ("not of an alias", MSK | {"KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:alias/mine"}),
    ("the ARN of a secret", SERVERS | {"KafkaSecretArn": "my-secret"}),
    ("raise MaximumPollers", MSK | {"MinimumPollers": "5", "MaximumPollers": "2"}),
    ("PartialBatchResponse=true needs provisioned mode", MSK | {"PartialBatchResponse": "true"}),
    ("MaximumRetries needs provisioned mode", MSK | {"MaximumRetries": "3"}),
    *[("must be 60 to 604800", MSK | PROVISIONED | {"MaximumRecordAge": age}) for age in ("0", "59", "604801", "-2")],
    *[("30 or more", MSK | {"InfrequentAccessDays": days}) for days in ("1", "29")],
    *[("a topic name", MSK | {"Topic": topic}) for topic in ("a", ".x", "a b", "", "a" * 250)],
    ("a topic name", MSK | {"Topic3": "a"}),
    ("are the same topic", MSK | {"Topic": "orders", "Topic3": "orders"}),
    ("are the same topic", MSK | {"Topic4": "orders", "Topic5": "orders"}),
    ("one to ten brokers", LOGIN | {"BootstrapServers": ",".join(f"b-{i}.example.com:9096" for i in range(11))}),
    *[("one to ten brokers", LOGIN | {"BootstrapServers": servers})
      for servers in ("b-1.example.com", "b:0", "b:65536", "b..example.com:9092", "b-:9092", "b:1,", "b:1,c:2,b:1")],
    *[("different NAME=VALUE", MSK | {"ObjectTags": tags})
      for tags in ("team", "=x", "a=1,", "a=1,b=2,a=3", "AWS:x=1", "a=1,aws:x=1", "a=#", "a=" + "x" * 257,
                   "x" * 129 + "=", ",".join(f"t{i}=" for i in range(11)))],
    *[("six fields", MSK | {"CrawlerSchedule": it}) for it in ("cron(15 3 * * *)", "rate(1 day)", "cron()")],
    ("an SNS topic", MSK | {"AlarmTopicArn": "arn:aws:sns:on-call"}),
    ("needs Catalog=glue", MSK | {"GluePartitions": "true"}),
    ("needs Catalog=crawler", MSK | {"Catalog": "glue", "CrawlerSchedule": "cron(15 3 * * ? *)"}),
    ("must differ, or the crawler", MSK | {"ErrorsPrefix": "topics"}),
    ("one folder name", MSK | {"IngestionPrefix": "a/b"}),
    *[("interval:SECONDS", MSK | {"CrawlerTrigger": it}) for it in ("interval:0", "interval:", "interval:1h")],
    *[("would never run", MSK | {"ReservedConcurrency": number}) for number in ("0", "-2")],
    *[("two different names", MSK | {"PartitionColumns": names})
      for names in ("dt,dt", "dt", "Dt,hour", "dt,kafka_hour", "kafka_a,b", "value,hour", "dt,reason")],
    ("not beginning with AWS/", MSK | {"MetricsNamespace": "AWS/Lambda"}),
    ("Tombstones=row needs", MSK | {"Tombstones": "row", "RecordMetadata": "none"}),
    ("do not exist", MSK | {"Topics": "orders"}),
    ("do not exist", MSK | {"KafkaVersion": "3.9.1"}),
]
