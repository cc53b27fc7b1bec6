"""What ./build.sh deploy and delete do, and refuse to do, in an account that is not there. See account.py."""

import json
import pathlib
import sys

from account import ACCOUNT, REGION, Account, Refused

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "TestParts/python"))
from sentences import run_all  # noqa: E402

MSK = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/example/751d2973-a626-431c-9d4e-d7975eb44dd7-2"
DEPLOYED = {"MSKClusterArn": MSK, "BootstrapServers": "", "OwnBroker": "false", "Topic": "orders", "ConsumerGroup": "",
            "StartingPosition": "TRIM_HORIZON", "Runtime": "provided.al2023"}
ARTIFACTS = f"kafka-to-s3-artifacts-{ACCOUNT}-{REGION}"


def check(condition, said):
    if not condition:
        raise SystemExit(f"Not so; build.sh said:\n{said}")


def refused(account, sentences, *arguments, **variables):
    """It is refused with these sentences and a next step, and nothing was made or uploaded."""
    code, said = account.run("deploy", *arguments, **variables)
    check(code != 0 and "Next:" in said and all(it in said for it in sentences), f"{arguments} {sentences}\n{said}")
    changing = {"create-bucket", "package", "deploy", "delete-stack"}
    check(not changing & {operation for _, operation, _ in account.calls}, said)
    return said


def deployed(account, *arguments, **variables):
    code, said = account.run("deploy", *arguments, **variables)
    check(code == 0, said)
    return said


# --- deploy


def test_a_parameter_that_cannot_be_is_refused_before_anything_is_asked_or_uploaded():
    for sentence, argument in [
        ("'OwnBroker' is not a parameter", "OwnBroker"), ("did you mean OwnBroker?", "ownbroker=true"),
        ("unknown parameter Topick", "Topick=a"), ("OwnBroker=yes: must be one of true, false", "OwnBroker=yes"),
        ("BatchSize=0: must be 1 to 10000", "BatchSize=0"),
        ("BatchSize=many: must be a whole number", "BatchSize=many"),
        ("BatchSize=1.5: must be a whole number", "BatchSize=1.5"), ("MinimumPollers=00: must be", "MinimumPollers=00"),
        ("ErrorsDays=-1: must be 0 or more", "ErrorsDays=-1"), ("CrawlerTrigger=never", "CrawlerTrigger=never"),
        ("must be the ARN of an MSK cluster", "MSKClusterArn=orders"),
    ]:
        with Account() as account:
            refused(account, [sentence], argument)
            check(account.calls == [], sentence)
    with Account() as account:
        refused(account, ["unknown parameter A", "BatchSize=0"], "A=b", "BatchSize=0")
        refused(account, ["Topic is given 2 times"], "Topic=orders", "Topic=prices")


def test_parameters_that_do_not_go_together_are_refused_before_anything_is_uploaded():
    for sentence, arguments in [
        ("Say where Kafka is", []), ("cannot both be set", [f"MSKClusterArn={MSK}", "BootstrapServers=a:9092"]),
        ("needs provisioned mode", [f"MSKClusterArn={MSK}", "PartialBatchResponse=true"]),
        ("MinimumPollers is greater than MaximumPollers",
         [f"MSKClusterArn={MSK}", "MinimumPollers=20", "MaximumPollers=12"]),
        ("MSKClusterArn is in us-east-1, but the stack is in eu-central-1",
         [f"MSKClusterArn={MSK.replace(REGION, 'us-east-1')}"]),
        ("AlarmTopicArn is in us-east-1",
         [f"MSKClusterArn={MSK}", f"AlarmTopicArn=arn:aws:sns:us-east-1:{ACCOUNT}:on-call"]),
        ("eu-central-1 has no FIPS endpoints", [f"MSKClusterArn={MSK}", "UseFipsEndpoints=true"]),
        ("BrokerZone=us-east-1a is not a zone",
         ["OwnBroker=true", "BrokerImageId=ami-12345678", "BrokerZone=us-east-1a"]),
    ]:
        with Account() as account:
            refused(account, [sentence], *arguments)


def test_a_stack_whose_name_cannot_name_buckets_is_refused():
    for name in ["Kafka", "kafka_to_s3", "1st", "kafka-", "k"]:
        with Account() as account:
            refused(account, [f"STACK={name} cannot name buckets"], f"MSKClusterArn={MSK}", STACK=name)
    with Account() as account:
        refused(account, ["has 64 characters"], f"MSKClusterArn={MSK}", STACK="a" * 28)


def test_what_a_mapping_keeps_for_life_is_refused_on_a_stack_that_is_there():
    other = MSK.replace("example", "other")
    for argument in ["Topic=prices", "ConsumerGroup=mine", "StartingPosition=LATEST", f"MSKClusterArn={other}"]:
        with Account() as account:
            account.make_stack(**DEPLOYED)
            name, value = argument.split("=", 1)
            refused(account, [f"{name} cannot change", f"STACK=kafka-to-s3-2 ./build.sh deploy {argument}"], argument)
    with Account() as account:
        account.make_stack(**DEPLOYED)
        refused(account, ["MSKClusterArn cannot change", "OwnBroker cannot change"], "MSKClusterArn=", "OwnBroker=true")


def test_the_mode_and_the_answers_change_one_after_the_other():
    before = {**DEPLOYED, "MinimumPollers": "0", "PartialBatchResponse": "false"}
    with Account() as account:
        account.make_stack(**before)
        refused(account, ["cannot change in one deployment"], "MinimumPollers=1", "PartialBatchResponse=true")
        account.make_stack(**{**before, "MinimumPollers": "1", "PartialBatchResponse": "true"})
        refused(account, ["cannot change in one deployment"], "MinimumPollers=0", "PartialBatchResponse=false")
        account.make_stack(**{**before, "MinimumPollers": "1"})
        deployed(account, "PartialBatchResponse=true", TAGS="team=data cost=42")
        check(account.asked("deploy")[-1]["tags"] == ["team=data", "cost=42"], str(account.calls))


def test_the_same_values_and_others_may_be_deployed_again():
    with Account() as account:
        account.make_stack(**DEPLOYED)
        deployed(account, "Topic=orders", "ConsumerGroup=", "BatchSize=500")
        check(account.deployed == {"Topic": "orders", "ConsumerGroup": "", "BatchSize": "500",
                                   "Architecture": account.deployed["Architecture"]},
              str(account.deployed))


def test_a_stack_that_cannot_be_deployed_to_is_named_with_the_way_out():
    for status, way in [("ROLLBACK_COMPLETE", "./build.sh delete"), ("DELETE_FAILED", "./build.sh delete"),
                        ("UPDATE_IN_PROGRESS", "wait until"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")]:
        with Account() as account:
            account.make_stack(status, **DEPLOYED)
            refused(account, [status, way])


def test_the_runtime_is_chosen_by_the_date():
    old, explicit = {**DEPLOYED, "Runtime": "provided.al2"}, "Runtime=provided.al2"
    warned = "refuses new functions on it from 2027-02-01 and updates from 2027-03-03"
    taken = "using Runtime=provided.al2023"
    for today, stack, typed, sentence in [
        ("2026-11-25", None, [], warned), ("2027-01-31", None, [explicit], warned), ("2027-02-01", None, [], taken),
        ("2027-02-01", None, ["Runtime=provided.al2023"], ""),
        ("2027-02-01", None, [explicit], "on provided.al2 since 2027-02-01"),
        ("2027-03-02", old, [], warned), ("2027-03-03", old, [], taken), ("2028-01-01", DEPLOYED, [], ""),
        ("2027-03-03", old, [explicit], "on provided.al2 since 2027-03-03"),
    ]:
        with Account(today) as account:
            account.buckets = {ARTIFACTS: "999999999999"}  # where it ends, at the latest
            if stack:
                account.make_stack(**stack)
            said = refused(account, [sentence or "does not belong to account"], f"MSKClusterArn={MSK}", *typed)
            check(sentence or "provided.al2" not in said, said)
    with Account("2027-02-01") as account:
        deployed(account, f"MSKClusterArn={MSK}")
        check(account.deployed["Runtime"] == "provided.al2023", str(account.deployed))


def test_a_new_broker_gets_the_newest_image_and_a_zone_that_has_all():
    with Account() as account:
        a, b, c, d = (f"{REGION}{letter}" for letter in "abcd")
        account.zones = {"machine": [c, b, a], "lambda": [b, c], "sts": [a, c, d]}
        said = deployed(account, "OwnBroker=true")
        check((account.deployed["BrokerImageId"], account.deployed["BrokerZone"]) == ("ami-00000000000000086", c), said)
        account.zones["sts"] = [a]
        account.stack = None
        account.calls.clear()
        refused(account, ["no zone of eu-central-1 has t3.small"], "OwnBroker=true")
        account.ec2_describe_vpc_endpoint_services = not_allowed
        said = deployed(account, "OwnBroker=true", "BrokerInstanceType=t4g.small")
        check(account.deployed["BrokerImageId"] == "ami-0000000000000000a" and "BrokerZone" not in account.deployed,
              said)
        check("Letting EC2 choose the zone of the broker's machine" in said, said)


def test_the_broker_comes_with_OwnBroker_and_stays():
    broker = {**DEPLOYED, "MSKClusterArn": "", "OwnBroker": "true", "BrokerImageId": "ami-00000000000000001"}
    for stack, typed, comes in [
        (None, ["OwnBroker=true"], True), (broker, [], True), (broker, ["OwnBroker=true", "BatchSize=500"], True),
        (None, [f"MSKClusterArn={MSK}"], False), (None, [f"MSKClusterArn={MSK}", "OwnBroker=false"], False),
        (DEPLOYED, [], False), (DEPLOYED, ["OwnBroker=false"], False),
    ]:
        with Account() as account:
            account.zones = dict.fromkeys(account.zones, [f"{REGION}a"])
            if stack:
                account.make_stack(**stack)
            said = deployed(account, *typed)
            check(("Broker" in account.template["Resources"]) == comes, f"{stack} {typed}\n{said}")
            check(account.template["Resources"]["Function"], said)


def test_a_stack_neither_gains_nor_loses_its_broker():
    broker = {**DEPLOYED, "MSKClusterArn": "", "OwnBroker": "true", "BrokerImageId": "ami-00000000000000001"}
    sentence, way = "OwnBroker cannot change from '{}' to '{}'", "STACK=kafka-to-s3-2 ./build.sh deploy OwnBroker="
    without = {name: value for name, value in DEPLOYED.items() if name != "OwnBroker"}  # as template.yaml leaves it
    for stack, typed in [(broker, "false"), (DEPLOYED, "true"), (without, "true")]:
        with Account() as account:
            account.make_stack(**stack)
            before = stack.get("OwnBroker", "false")
            refused(account, [sentence.format(before, typed), way + typed], f"OwnBroker={typed}")


def test_a_parameter_of_the_broker_is_refused_where_there_is_none():
    with Account() as account:
        sentence = "KafkaVersion is for the broker that OwnBroker=true makes"
        refused(account, [sentence, "add OwnBroker=true"], f"MSKClusterArn={MSK}", "KafkaVersion=4.0.0")
        account.make_stack(**DEPLOYED)
        said = refused(account, [sentence, "leave it out."], "KafkaVersion=4.0.0")
        check("or add OwnBroker" not in said, said)


def test_a_broker_that_is_there_keeps_its_machine():
    broker = {**DEPLOYED, "MSKClusterArn": "", "OwnBroker": "true", "KafkaVersion": "3.9.1",
              "StockMarketProducer": "false"}
    with Account() as account:
        account.make_stack(**broker, BrokerImageId="ami-00000000000000001", BrokerZone=f"{REGION}a")
        deployed(account, "BatchSize=500")
        check(not {"BrokerImageId", "BrokerZone"} & set(account.deployed), str(account.deployed))
        account.calls.clear()
        refused(account, ["BrokerImageId cannot change", "lose its records"], "BrokerImageId=ami-00000000000000002")
        # What the machine's next start carries out.
        deployed(account, "KafkaVersion=4.0.0", "StockMarketProducer=true")
        # Made before the image had a parameter of its own: the machine knows which one it has.
        account.make_stack(**broker, outputs={"Broker": "i-1"})
        said = deployed(account, "BatchSize=500")
        check(account.deployed["BrokerImageId"] == "ami-00000000000000123" and "BrokerZone" not in account.deployed,
              said)


def test_only_a_bucket_of_this_account_takes_the_function():
    with Account() as account:
        account.buckets = {ARTIFACTS: "999999999999"}
        refused(account, [f"the bucket {ARTIFACTS} does not belong to account {ACCOUNT}"], f"MSKClusterArn={MSK}")
        account.buckets = {ARTIFACTS: ACCOUNT}
        deployed(account, f"MSKClusterArn={MSK}")
        check(not account.asked("create-bucket"), "it makes a bucket that is there")
        account.buckets = {}
        deployed(account, f"MSKClusterArn={MSK}")
        check([it["bucket"] for it in account.asked("create-bucket")] == [ARTIFACTS], "it makes no bucket")


def not_allowed(_):
    raise Refused("UnauthorizedOperation", "You are not authorized to perform this operation.")


# --- replay


def test_replay_moves_what_the_function_has_stored_and_says_why_the_rest_stays():
    def function(event):
        if "poison" in event:
            return "Unhandled", '{"errorMessage":"not a Kafka event"}'
        if "half" in event:
            return None, '{"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":3}}]}'
        return None, '{"batchItemFailures":[],"records":1}'

    def record(payload):
        return json.dumps({"requestContext": {}, "payload": payload}).encode()

    reasons = {"poison": (record("poison"), "not a Kafka event"), "half": (record('{"half":1}'), "itemIdentifier"),
               "notes.txt": (b"not JSON", "not the record"), "cut": (record("x")[:-4], "not the record"),
               "none": (record(None), "not the record"), "surrogate": (b'{"payload":"\\ud800"}', "not the record"),
               "deep": (b'{"payload":' + b"[" * 100_000, "not the record"), "list": (b"[]", "not the record"),
               "large": (record("x" * 6291557), "larger than Lambda accepts")}
    folder = "aws/lambda/9a1d/t-0/"
    stored = [f"{folder}good", f"{folder} with spaces ", f"{folder}ü 'quoted' $(x) *"]
    with Account() as account:
        account.make_stack(outputs={"Function": "f", "FailedBatchesBucket": "failed"})
        account.function = function
        account.objects = {**{folder + name: body for name, (body, _) in reasons.items()},
                           **{key: record('{"records":{}}') for key in stored},
                           "replayed/" + stored[0]: b"", "other/good": record("{}")}
        code, said = account.run("replay")
        check(code != 0 and f"{len(reasons)} of {len(reasons) + 3} failed batches were not replayed" in said, said)
        for name, (_, reason) in reasons.items():
            line = next((it for it in said.splitlines() if f"{folder}{name} was kept: " in it), said)
            check(reason in line, line)
        check(set(account.objects) == {"other/good", *(folder + it for it in reasons),
                                       *("replayed/" + it for it in stored)},
              str(list(account.objects)))
        for name in reasons:
            del account.objects[folder + name]
        code, said = account.run("replay", "s3://failed/")
        check(code == 0 and "No failed batches are left" in said, said)


def test_replay_without_a_stack_or_a_bucket_says_what_to_do():
    with Account() as account:
        code, said = account.run("replay")
        check(code != 0 and "STACK=" in said and "Next:" in said, said)
        account.make_stack(outputs={"Function": "f"})
        code, said = account.run("replay")
        check(code != 0 and "does not keep failed batches" in said and "s3://BUCKET" in said, said)
        code, said = account.run("replay", "failed")
        check(code != 0 and "s3://BUCKET" in said, said)


# --- delete


def test_delete_ends_the_mapping_waits_for_the_network_and_names_what_stays():
    with Account() as account:
        account.make_stack(**DEPLOYED)
        account.resources = {
            "AWS::Lambda::EventSourceMapping": ["mapping-1", "mapping-2"], "AWS::EC2::SecurityGroup": ["sg-1", "sg-2"],
            "AWS::S3::Bucket": ["rows", "gone"], "AWS::Lambda::Function": ["f"]}
        account.mappings, account.interfaces, account.fails_to_delete = {"mapping-1", "mapping-2"}, 9, 1
        account.buckets = {"rows": ACCOUNT, ARTIFACTS: ACCOUNT, "of-others": "999999999999"}
        account.events = [{"LogicalResourceId": "BrokerSubnet", "ResourceStatus": "DELETE_FAILED",
                           "ResourceStatusReason": "has dependencies"}]
        code, said = account.run("delete")
        check(code == 0 and account.stack["StackStatus"] == "DELETE_COMPLETE", said)
        check("Waiting for Lambda to release its network interfaces" in said and "20 to 40 minutes" in said, said)
        check("has dependencies" in said and len(account.asked("delete-stack")) == 2, said)
        check(account.asked("describe-network-interfaces")[0]["filters"] == "Name=group-id,Values=sg-1,sg-2", said)
        stay = [line.split()[-1] for line in said.splitlines() if "aws s3 rb --force" in line]
        check(stay == ["s3://rows", f"s3://{ARTIFACTS}"], said)
        code, said = account.run("delete")
        check(code == 0 and "There is no stack kafka-to-s3" in said, said)


def test_delete_says_why_a_stack_does_not_go():
    with Account() as account:
        account.make_stack(**DEPLOYED)
        account.fails_to_delete = 99
        code, said = account.run("delete")
        check(code != 0 and "DELETE_FAILED" in said and "Next:" in said and len(account.asked("delete-stack")) == 3,
              said)


if __name__ == "__main__":
    run_all(globals())
