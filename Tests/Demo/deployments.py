"""Deploys the template with each of its three ways to Kafka, and tries what the function's role may and may not do."""

import datetime
import json
import pathlib
import sys
import time

from botocore.exceptions import ClientError

from demo import CLUSTER, ROOT, create_table, ask, saved_query
from local_aws import REGION, LocalAWS, deploy

SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:kafka-AbCdEf"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CHOICES = {
    "MSK": {"MSKClusterArn": CLUSTER},
    "self-managed": {"BootstrapServers": "b-1.example.com:9096,b-2.example.com:9096", "KafkaSecretArn": SECRET,
                     "MinimumPollers": "1", "PartialBatchResponse": "true", "RecordMetadata": "none",
                     "ObjectEncryption": "aws:kms", "ObjectKmsKeyArn": KEY, "ObjectStorageClass": "STANDARD_IA",
                     "ObjectTags": "team=data,stage=test", "Catalog": "glue", "GluePartitions": "true"},
    "own broker": {"OwnBroker": "true", "StockMarketProducer": "true", "Runtime": "provided.al2023",
                   "BrokerImageId": "ami-0123456789abcdef0", "KeepFailedBatches": "true"},
}
REFUSED = {
    "Say where Kafka is": {},
    "cannot both be set": {"MSKClusterArn": CLUSTER, "BootstrapServers": "b-1.example.com:9096",
                           "KafkaSecretArn": SECRET},
    "cannot be set with OwnBroker": {"MSKClusterArn": CLUSTER, "OwnBroker": "true"},
    "need KafkaSecretArn": {"BootstrapServers": "b-1.example.com:9092"},
    "belong together": {"BootstrapServers": "b-1.example.com:9092", "SubnetA": "subnet-1"},
    "ObjectKmsKeyArn requires ObjectEncryption=aws:kms": {"MSKClusterArn": CLUSTER, "ObjectKmsKeyArn": KEY},
    "PartialBatchResponse=true needs provisioned mode": {"MSKClusterArn": CLUSTER, "PartialBatchResponse": "true"},
}


def main(package):
    failures = []
    for choice, parameters in CHOICES.items():
        with LocalAWS() as aws:
            stack = deploy(aws, package, parameters)
            resources = aws.client("cloudformation").describe_stack_resources(StackName="kafka-to-s3")["StackResources"]
            print(f"{choice}: {len(resources)} resources", flush=True)
            failures += [f"{choice}: {failure}" for failure in wrong(aws, stack, parameters)]
            if choice == "MSK":
                failures += refusals(aws, package)
    if failures:
        raise SystemExit("\n".join(failures))


def wrong(aws, stack, parameters):
    for event in ["msk", "self-managed"]:
        payload = (ROOT / f"events/{event}.json").read_bytes()
        answer = aws.client("lambda").invoke(FunctionName=stack["Function"], Payload=payload)
        if "FunctionError" in answer:
            yield f"the function failed: {answer['Payload'].read().decode()}"
    settings = aws.client("lambda").get_function_configuration(FunctionName=stack["Function"])
    partial = settings["Environment"]["Variables"]["PARTIAL_BATCH_RESPONSE"]
    mapping = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]
    reports = mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
    if reports != (parameters.get("MinimumPollers", "0") != "0") or partial == "true" and not reports:
        yield f"PARTIAL_BATCH_RESPONSE={partial}, and the mapping expects {mapping.get('FunctionResponseTypes')}"
    if partial != parameters.get("PartialBatchResponse", "false"):
        yield f"PARTIAL_BATCH_RESPONSE={partial}"

    if "ObjectTags" in parameters:
        yield from objects_without_options(aws, stack["IngestionBucket"])
    yield from role_can_do_too_much_or_little(aws, stack, settings["Role"])
    if "FailedBatchesBucket" in stack:
        yield from failed_batches_are_miscounted(aws, stack["FailedBatchesBucket"])

    if parameters.get("Catalog") == "glue":
        yield from tables_of_the_function_are_missing(aws, stack)
    else:
        create_table(aws, stack["Database"], stack["IngestionBucket"])
    if settings["Environment"]["Variables"]["RECORD_METADATA"] == "kafka":
        # self-managed.json continues at offset 500 of partition 0 and 1500 of partition 1, far after msk.json's last.
        found = [row[:2] for row in ask(aws, stack["Database"], saved_query("DuplicatesAndGaps"))[1]]
        if found != [["0", "gap"], ["1", "gap"]]:
            yield f"the saved query DuplicatesAndGaps finds {found}"


def tables_of_the_function_are_missing(aws, stack):
    tables = aws.client("glue").get_tables(DatabaseName=stack["Database"])["TableList"]
    made = [it for it in tables if it["Name"] != "quarantined_records"]
    if not made:
        yield "the function has made no table"
    for table in made:
        if not table["StorageDescriptor"]["Columns"] or table["Parameters"].get("projection.enabled") != "true":
            yield f"the table {table['Name']} has no columns, or no projected folders"
        if not aws.client("glue").get_partitions(
                DatabaseName=stack["Database"], TableName=table["Name"])["Partitions"]:
            yield f"the table {table['Name']} has no registered partitions"


def failed_batches_are_miscounted(aws, bucket):
    """The count that a schedule starts each five minutes, for which nobody waits here."""
    s3, keys = aws.client("s3"), [f"aws/lambda/9a1d/orders-0/{number}" for number in range(2)]
    s3.put_object(Bucket=bucket, Key="replayed/aws/lambda/9a1d/orders-0/0", Body=b"")
    rule, = [it["Name"] for it in aws.client("events").list_rules()["Rules"]
             if it.get("ScheduleExpression") == "rate(5 minutes)"]
    machine = aws.client("events").list_targets_by_rule(Rule=rule)["Targets"][0]["Arn"]
    counted = []
    for present in (keys, keys[:1], []):
        for key in keys:
            s3.delete_object(Bucket=bucket, Key=key)
        for key in present:
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
        aws.client("stepfunctions").start_execution(stateMachineArn=machine)
        counted.append(len(present))
        if told(aws, bucket, len(counted)) != sum(counted):
            yield f"{len(present)} failed batches in the bucket are counted wrongly"


def told(aws, bucket, times):
    """The sum of the metric of failed batches, once it was told so many times."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = datetime.datetime.now(datetime.timezone.utc)
        points = aws.client("cloudwatch").get_metric_statistics(
            Namespace="KafkaIngestion/FailedBatches", MetricName="FailedBatches",
            Dimensions=[{"Name": "Bucket", "Value": bucket}],
            StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1), Period=60,
            Statistics=["Sum", "SampleCount"])["Datapoints"]
        if sum(point["SampleCount"] for point in points) >= times:
            return sum(point["Sum"] for point in points)
        time.sleep(0.05)
    return None
def objects_without_options(aws, bucket):
    """Objects that are not written as the parameters of the self-managed choice say."""
    s3 = aws.client("s3")
    for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        head = s3.head_object(Bucket=bucket, Key=entry["Key"])
        tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key=entry["Key"])["TagSet"]}
        found = head.get("ServerSideEncryption"), head.get("SSEKMSKeyId"), head.get("StorageClass"), tags
        if found != ("aws:kms", KEY, "STANDARD_IA", {"team": "data", "stage": "test"}):
            yield f"{entry['Key']} is written with {found}"


def role_can_do_too_much_or_little(aws, stack, role):
    """Takes the function's role on, and tries it."""
    session = credentials_of(aws, role)
    s3, glue, bucket = aws.client_of("s3", session), aws.client_of("glue", session), stack["IngestionBucket"]
    aws.client("s3").put_object(Bucket=bucket, Key="other/secret", Body=b"")
    aws.client("s3").create_bucket(Bucket="of-somebody-else", CreateBucketConfiguration={"LocationConstraint": REGION})
    may = {
        "put a row": lambda: s3.put_object(Bucket=bucket, Key="topics/t/a", Body=b"", IfNoneMatch="*"),
        "put a quarantined record": lambda: s3.put_object(Bucket=bucket, Key="errors/t/a", Body=b""),
        "look at its own object": lambda: s3.head_object(Bucket=bucket, Key="topics/t/a"),
        "list a folder": lambda: s3.list_objects_v2(Bucket=bucket, Prefix="topics/t/dt=2026-11-21/", MaxKeys=1),
    }
    if "Crawler" in stack:
        may["start the crawler"] = lambda: start(glue, stack["Crawler"])
    else:
        table = {"DatabaseName": stack["Database"], "Name": "stock_market"}
        may["read the tables of its database"] = lambda: glue.get_table(**table)
    may_not = {
        "delete a row": lambda: s3.delete_object(Bucket=bucket, Key="topics/t/a"),
        "delete the bucket": lambda: s3.delete_bucket(Bucket=bucket),
        "put outside of its prefixes": lambda: s3.put_object(Bucket=bucket, Key="other/a", Body=b""),
        "put beside its prefix": lambda: s3.put_object(Bucket=bucket, Key="topics-2/a", Body=b""),
        "read outside of its prefixes": lambda: s3.get_object(Bucket=bucket, Key="other/secret"),
        "list outside of its prefixes": lambda: s3.list_objects_v2(Bucket=bucket, Prefix="other/"),
        "list the whole bucket": lambda: s3.list_objects_v2(Bucket=bucket),
        "put into another bucket": lambda: s3.put_object(Bucket="of-somebody-else", Key="topics/a", Body=b""),
        "change the bucket's policy": lambda: s3.delete_bucket_policy(Bucket=bucket),
        "delete a crawler": lambda: glue.delete_crawler(Name=stack.get("Crawler", "of-somebody-else")),
        "delete a table": lambda: glue.delete_table(DatabaseName=stack["Database"], Name="stock_market"),
        "start another crawler": lambda: glue.start_crawler(Name="of-somebody-else"),
    }
    for what, try_it in may.items():
        if code := refused(try_it):
            yield f"the function's role cannot {what}: {code}"
    for what, try_it in may_not.items():
        if refused(try_it) not in ("AccessDenied", "AccessDeniedException", "403"):
            yield f"the function's role can {what}"


def credentials_of(aws, role):
    """A session of the role, for which its trust is widened to this account for the moment."""
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    aws.client("iam").update_assume_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyDocument=json.dumps(trust))
    found = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="trial")["Credentials"]
    return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"]}


def start(glue, crawler):
    try:
        glue.start_crawler(Name=crawler)
    except glue.exceptions.CrawlerRunningException:
        pass  # it was allowed to ask


def refused(try_it):
    """The code of the error, or None."""
    try:
        try_it()
    except ClientError as error:
        return error.response["Error"]["Code"]


def refusals(aws, package):
    """Parameters that make no sense together are refused, with a sentence that says what to do."""
    for number, (sentence, parameters) in enumerate(REFUSED.items()):
        try:
            deploy(aws, package, parameters, stack=f"refused-{number}")
            yield f"{parameters} were accepted"
        except ClientError as error:
            if sentence not in str(error):
                yield f"{parameters} were refused with: {error}"


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
