"""What Lambda demands of a Kafka event source mapping beyond its schema, and what the role must allow for it.

https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html, kafka-retry-configurations, kafka-cluster-auth,
msk-cluster-auth, esm-logging
"""

import fnmatch
import json

OF_PROVISIONED_MODE = [
    "FunctionResponseTypes", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "MetricsConfig", "LoggingConfig"]
LOGINS = {"BASIC_AUTH", "SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"}
LOGINS_OF_MSK = {"SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"}


def objections(stack):
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping")
    for name, mapping in mappings.items():
        checks = [of_mode, of_failures, of_msk if "EventSourceArn" in mapping else of_self_managed, of_role]
        for check in checks:
            yield from (f"{name}: {it}" for it in check(mapping, stack))
    for what, of in {"topic": lambda it: it["Topics"][0], "consumer group": group}.items():
        if len(set(map(of, mappings.values()))) < len(mappings):
            yield f"two mappings have the same {what}"
    partial = stack.of_type("AWS::Lambda::Function")["Function"]["Environment"]["Variables"]["PARTIAL_BATCH_RESPONSE"]
    if partial == "true" and not all("FunctionResponseTypes" in it for it in mappings.values()):
        yield "the function answers with failed items, which a mapping does not read"


def group(mapping):
    kind = "AmazonManaged" if "EventSourceArn" in mapping else "SelfManaged"
    return mapping[f"{kind}KafkaEventSourceConfig"]["ConsumerGroupId"]


def of_mode(mapping, _):
    pollers = mapping.get("ProvisionedPollerConfig")
    if pollers:
        if int(pollers["MinimumPollers"]) > int(pollers["MaximumPollers"]):
            yield "MinimumPollers is greater than MaximumPollers"
        if "FunctionResponseTypes" not in mapping:
            yield "it reports no item failures although it may"
        return
    for name in OF_PROVISIONED_MODE:
        if name in mapping:
            yield f"{name} needs provisioned mode"
    if mapping.get("BisectBatchOnFunctionError") == "true":
        yield "BisectBatchOnFunctionError needs provisioned mode"


def of_failures(mapping, _):
    if 0 <= int(mapping.get("MaximumRecordAgeInSeconds", -1)) < 60:
        yield "MaximumRecordAgeInSeconds is -1 or 60 and more"


def of_msk(mapping, _):
    if "SelfManagedEventSource" in mapping or "SelfManagedKafkaEventSourceConfig" in mapping:
        yield "it has two sources"
    kinds = [it["Type"] for it in mapping.get("SourceAccessConfigurations", [])]
    if len(kinds) > 1 or not LOGINS_OF_MSK.issuperset(kinds):
        yield f"MSK does not take {kinds}"


def of_self_managed(mapping, _):
    if "AmazonManagedKafkaEventSourceConfig" in mapping:
        yield "it has two sources"
    kinds = [it["Type"] for it in mapping.get("SourceAccessConfigurations", [])]
    logins = LOGINS.intersection(kinds)
    if len(logins) > 1 or sum(kinds.count(it) for it in logins) > 1:
        yield f"it has several logins: {kinds}"
    if ("VPC_SUBNET" in kinds) != ("VPC_SECURITY_GROUP" in kinds):
        yield "subnets and a security group belong together"
    if not logins and "VPC_SUBNET" not in kinds:
        yield "brokers on the internet need a login"


def of_role(mapping, stack):
    """The pollers use the function's role."""
    needed = []
    for access in mapping.get("SourceAccessConfigurations", []):
        if access["URI"].startswith("arn:"):
            needed.append(("secretsmanager:GetSecretValue", access["URI"]))
    if "EventSourceArn" in mapping:
        cluster, topic = mapping["EventSourceArn"], mapping["Topics"][0]
        needed += [(f"kafka:{it}", cluster) for it in ("DescribeClusterV2", "GetBootstrapBrokers")]
        needed += [("kafka-cluster:Connect", cluster),
                   ("kafka-cluster:ReadData", cluster.replace(":cluster/", ":topic/") + "/" + topic),
                   ("kafka-cluster:AlterGroup", cluster.replace(":cluster/", ":group/") + "/" + group(mapping))]
    if "DestinationConfig" in mapping:
        needed.append(("s3:PutObject", mapping["DestinationConfig"]["OnFailure"]["Destination"] + "/aws/lambda/a"))
    if "EventSourceArn" in mapping or "VPC_SUBNET" in json.dumps(mapping):
        needed.append(("ec2:CreateNetworkInterface", "*"))
    if stack.parameters["KafkaSecretKmsKeyArn"]:
        needed.append(("kms:Decrypt", stack.parameters["KafkaSecretKmsKeyArn"]))
    for action, resource in needed:
        if not allows(stack, action, resource):
            yield f"the function's role does not allow {action} on {resource}"


def of_function(stack):
    """What the function does with its role: its code sends what its environment says."""
    variables = stack.resources["Function"]["Properties"]["Environment"]["Variables"]
    rows = stack.of_resource("IngestionBucket", "Arn") + "/topics/t/a"
    needed = [("s3:PutObject", rows), ("s3:GetObject", rows)]
    if variables["OBJECT_TAGS"]:
        needed.append(("s3:PutObjectTagging", rows))
    for key in filter(None, (variables["KMS_KEY_ID"], stack.parameters["KmsKeyArn"])):
        needed += [("kms:GenerateDataKey", key), ("kms:Decrypt", key)]
    for action, resource in needed:
        if not allows(stack, action, resource):
            yield f"the function's role does not allow {action} on {resource}"
    if variables.get("EXPECTED_BUCKET_OWNER") != stack.pseudo["AWS::AccountId"]:
        yield "the function would write to another account's bucket of that name"


def allows(stack, action, resource):
    statements = [it for policy in stack.of_type("AWS::IAM::Role")["FunctionRole"]["Policies"]
                  for it in policy["PolicyDocument"]["Statement"]]
    return any(matches(it["Action"], action) and matches(it["Resource"], resource)
               for it in statements if it["Effect"] == "Allow")


def matches(patterns, text):
    return any(fnmatch.fnmatchcase(text, it) for it in ([patterns] if isinstance(patterns, str) else patterns))
