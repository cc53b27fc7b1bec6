"""Checks the transformed template against the resource schemas of CloudFormation's registry (cfn-lint ships them) and
against what Lambda demands beyond them, for each way to Kafka; and that what cannot work is refused with a sentence."""

import json
import sys

from jsonschema import Draft7Validator

import own_broker
from cloudformation import Refused, Stack
from mappings import objections, of_function
from parameter_sets import ACCEPTED, REFUSED
from policies import exposures

REGIONS = ["eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1"]
WITHOUT_SCHEMAS = ["eusc-de-east-1", "us-iso-east-1"]


def main():
    failures = []
    for name, (parameters, expected) in ACCEPTED.items():
        failures += accepted(name, parameters, expected)
    for sentence, parameters in REFUSED:
        failures += refused(sentence, parameters)
    for region in REGIONS:
        failures += [f"{region}: {it}" for it in of_schemas(Stack(ACCEPTED["own broker"][0], region))]
    for region in REGIONS + WITHOUT_SCHEMAS:
        failures += [f"{region}: {it}" for it in of_names(Stack(ACCEPTED["own broker"][0], region))]
    failures += own_broker.faults()
    if failures:
        sys.exit("\n".join(failures))
    print(f"{len(ACCEPTED)} sets of parameters make valid resources, {len(REFUSED)} are refused")


def accepted(name, parameters, expected):
    try:
        stack = Stack(parameters)
    except Refused as refusal:
        return [f"{name}: refused: {refusal}"]
    found = [*of_schemas(stack), *objections(stack), *of_function(stack), *exposures(stack),
             *of_limits(stack), *of_life(stack), *unexpected(stack, expected)]
    return [f"{name}: {it}" for it in found]


def refused(sentence, parameters):
    try:
        Stack(parameters)
    except Refused as refusal:
        return [] if sentence in str(refusal) else [f"{parameters} were refused with: {refusal}"]
    return [f"{parameters} were accepted, not refused with: {sentence}"]


def of_schemas(stack):
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    for name, resource in stack.resources.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(stack.region, resource["Type"]).schema
        properties = coerced(resource["Properties"], schema, schema)
        for error in Draft7Validator(schema).iter_errors(properties):
            yield f"{name}{''.join(f'/{it}' for it in error.absolute_path)}: {error.message[:300]}"


def of_names(stack):
    """What differs between AWS's partitions, and what does not though it looks as if it did."""
    for name, role in stack.of_type("AWS::IAM::Role").items():
        service = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        # Services have these names in every partition. IAM of aws-eusc refuses "ec2.amazonaws.eu".
        if not service.endswith(".amazonaws.com"):
            yield f"{name} trusts {service}"
    in_china = stack.region.startswith("cn-")
    # Of S3, Lambda and STS: others have names of their own in the isolated partitions as well.
    for name, endpoint in stack.of_type("AWS::EC2::VPCEndpoint").items():
        prefix = "cn.com.amazonaws." if in_china and name != "S3Endpoint" else "com.amazonaws."
        if not endpoint["ServiceName"].startswith(prefix + stack.region + "."):
            yield f"{name} is of {endpoint['ServiceName']}"
    for name, resource in stack.resources.items():
        if "arn:aws:" in json.dumps(resource) and stack.pseudo["AWS::Partition"] != "aws":
            yield f"{name} names an ARN of another partition"


def coerced(value, schema, whole):
    """Parameters are texts; CloudFormation hands them on as numbers and truth values where the schema has those."""
    while "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    kinds = schema.get("type", [])
    if isinstance(value, dict):
        return {key: coerced(it, schema.get("properties", {}).get(key, {}), whole) for key, it in value.items()}
    if isinstance(value, list):
        return [coerced(it, schema.get("items", {}), whole) for it in value]
    if isinstance(value, str) and kinds in ("integer", "number") and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, str) and kinds == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def of_limits(stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html, IAM's and EC2's."""
    for name, role in stack.of_type("AWS::IAM::Role").items():
        size = sum(len(json.dumps(it["PolicyDocument"], separators=(",", ":"))) for it in role.get("Policies", []))
        if size > 10_240:
            yield f"{name}: its policies have {size} characters, 10,240 at most"
    for name, instance in stack.of_type("AWS::EC2::Instance").items():
        if len(instance["UserData"].encode()) > 16_384:
            yield f"{name}: its user data has more than 16 KB"
    for name, dashboard in stack.of_type("AWS::CloudWatch::Dashboard").items():
        for widget in json.loads(dashboard["DashboardBody"])["widgets"]:
            if not widget["properties"]["metrics"]:
                yield f"{name}: a widget without metrics"


def of_life(stack):
    """A bucket outlives its stack, since nothing else has its objects, but not a first deployment that fails. No role
    has more rights than the boundary, and the crawler does nothing that its role may not."""
    for name, bucket in stack.resources.items():
        kept = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
        if bucket["Type"] == "AWS::S3::Bucket" and not kept.items() <= bucket.items():
            yield f"{name} is not kept, or also after a failed first deployment"
    for name, role in stack.of_type("AWS::IAM::Role").items():
        if role.get("PermissionsBoundary", "") != stack.parameters["PermissionsBoundaryArn"]:
            yield f"{name} has no permissions boundary"
    for name, crawler in stack.of_type("AWS::Glue::Crawler").items():
        if json.loads(crawler["Configuration"]).get("CreatePartitionIndex", True):
            yield f"{name} makes indexes of partitions, for which its role has no rights"


def unexpected(stack, expected):
    """`expected`: path of resources' properties → value, e.g. EventSource.BatchSize; None for nothing."""
    for path, wanted in expected.items():
        name, *keys = path.split(".")
        found = stack.resources.get(name, {}).get("Properties")
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else dict(enumerate(found or [])).get(int(key))
        if found != wanted:
            yield f"{path} is {found}, not {wanted}"


if __name__ == "__main__":
    main()
