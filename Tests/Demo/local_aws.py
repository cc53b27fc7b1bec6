"""The template deployed in a local AWS (ministack) that enforces IAM."""

import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROKER = ROOT / "Sources/Deployment/broker.yaml"
sys.path[:0] = [str(BROKER.parent), str(ROOT / "Tests/TestParts/python")]

from ministack_server import ADMIN, REGION, LocalAWS  # noqa: E402
from template import read_template, with_broker  # noqa: E402

__all__ = ["ADMIN", "REGION", "LocalAWS", "NotDeployed", "allow_crawler", "deploy", "read_template", "template_for",
           "without_unknown_types"]
STACK = "kafka-to-s3"


def template_for(parameters):
    """The template that ./build.sh deploy takes for these parameters: with the broker where they want it."""
    template = read_template(ROOT / "template.yaml")
    return with_broker(template, read_template(BROKER)) if parameters.get("OwnBroker") == "true" else template


class NotDeployed(Exception):
    """CloudFormation's reasons."""


def deploy(aws, package, parameters, stack=STACK):
    """Deploys the template for these parameters, with the packaged function, through CloudFormation; returns the
    stack's outputs.

    Throws NotDeployed, and what boto3 throws where CloudFormation refuses the template or the parameters.
    """
    s3, cloudformation = aws.client("s3"), aws.client("cloudformation")
    bucket = "deployment-artifacts"
    if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.upload_file(str(package), bucket, "lambda.zip")

    body = template_for(parameters)
    body["Resources"]["Function"]["Properties"]["CodeUri"] = f"s3://{bucket}/lambda.zip"
    without_unknown_types(body)
    s3.put_object(Bucket=bucket, Key="template.json", Body=json.dumps(body, default=str).encode())
    cloudformation.create_stack(
        StackName=stack, TemplateURL=f"{aws.endpoint}/{bucket}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()])
    while True:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(0.1)
    if found["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [f"  {e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events
                   if "FAILED" in e["ResourceStatus"]]
        raise NotDeployed("\n".join(reasons))
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    if "Crawler" in outputs:
        allow_crawler(aws, outputs["Function"], outputs["Crawler"])
    return outputs


def without_unknown_types(body):
    """Takes out what ministack has no handler for; what referred to the broker's machine gets an address.

    Its S3 does not know the condition keys of conditional writes, and would take each write for an unconditional one.
    """
    resources = body["Resources"]
    if "IngestionBucketPolicy" in resources:
        policy = resources["IngestionBucketPolicy"]["Properties"]["PolicyDocument"]
        policy["Statement"] = [statement for statement in policy["Statement"] if statement["Sid"] != "NeverOverwrite"]
    for name in [name for name, it in resources.items() if it.get("Type") == "AWS::Athena::NamedQuery"]:
        del resources[name]
    resources.pop("Broker", None)
    body["Outputs"].pop("Broker", None)
    text = json.dumps(body, default=str).replace("${Broker.PrivateIp}", "10.42.0.10")
    body.clear()
    body.update(json.loads(text))


def allow_crawler(aws, function, crawler):
    """ministack 1.5 takes the crawler of StartCrawler for a table of that name when it looks at policies, so the
    template's permission (the crawler and nothing else, as AWS has it) must be said again in its words."""
    role = aws.client("lambda").get_function_configuration(FunctionName=function)["Role"].rsplit("/", 1)[1]
    statement = {"Effect": "Allow", "Action": "glue:StartCrawler", "Resource": f"arn:aws:glue:*:*:table/{crawler}"}
    aws.client("iam").put_role_policy(
        RoleName=role, PolicyName="crawler-in-ministacks-words",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
