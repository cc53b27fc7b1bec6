"""The README's walk from an empty account to the first answer, typed into a shell against a local AWS.

Only Kafka is missing: what its event source would hand over is invoked between the steps.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from demo import ROOT, create_table, step
from local_aws import (
    ADMIN, BROKER, REGION, LocalAWS, allow_crawler, read_template, template_for, without_unknown_types)

STACK = "kafka-to-s3"


def main():
    with LocalAWS() as aws, tempfile.TemporaryDirectory() as folder:
        shell = Shell(aws, known_templates(folder), folder)
        refusals(shell)

        deploy, *questions = walk()
        step(deploy)
        print(shell.run(deploy))
        packaging_keeps_the_template(shell, folder)
        stack = outputs(aws)
        settings = parameters(aws)
        if settings["BrokerZone"] != f"{REGION}b" or not settings["BrokerImageId"].startswith("ami-"):
            raise SystemExit(f"The broker's zone and image were not chosen: {settings}")
        step("Once more")
        again = shell.run(deploy)
        if "No changes to deploy" not in again or again.count("Next steps") != 1:
            raise SystemExit(f"A second deployment is not a quiet one:\n{again}")
        changed = shell.run("./build.sh deploy Delivery=at-least-once MetricsNamespace=")
        configuration = aws.client("lambda").get_function_configuration(FunctionName=stack["Function"])
        variables = configuration["Environment"]["Variables"]
        if (variables["DELIVERY"], variables.get("METRICS_NAMESPACE"), outputs(aws)) != ("at-least-once", "", stack):
            raise SystemExit(f"The changed parameters did not arrive: {variables}\n{changed}")

        both = "./build.sh deploy MinimumPollers=1 PartialBatchResponse=true"
        if "cannot change in one deployment" not in shell.run(both, fails=True):
            raise SystemExit(f"{both} is not refused.")
        for one in both.split()[2:]:
            shell.run(f"TAGS=team=data ./build.sh deploy {one}")
        if parameters(aws)["PartialBatchResponse"] != "true":
            raise SystemExit("PartialBatchResponse did not arrive.")

        allow_crawler(aws, stack["Function"], stack["Crawler"])
        answer = aws.client("lambda").invoke(
            FunctionName=stack["Function"], Payload=(ROOT / "events/msk.json").read_bytes())
        if "FunctionError" in answer:
            raise SystemExit(f"The deployed function fails: {answer['Payload'].read().decode()}")
        create_table(aws, stack["Database"], stack["IngestionBucket"])
        step("The README's questions")
        answers = shell.run("\n".join(questions))
        print(answers)
        if f"N225 {newest('N225')} " not in answers:
            raise SystemExit(f"The walk's question is answered wrongly: the newest price of N225 is {newest('N225')}.")
        replay(aws, shell, stack)
        step("./build.sh delete")
        said = shell.run("./build.sh delete")
        print(said)
        if f"aws s3 rb --force s3://{stack['IngestionBucket']}" not in said or "is deleted" not in said:
            raise SystemExit("The stack is not deleted, or its buckets are not named.")
        if "There is no stack" not in shell.run("./build.sh delete"):
            raise SystemExit("A second deletion is not a quiet one.")


def newest(index):
    """The price that the last record of an index in the sample tells."""
    lists = json.loads((ROOT / "events/msk.json").read_text())["records"].values()
    rows = [(it["timestamp"], json.loads(base64.b64decode(it["value"]))) for records in lists for it in records
            if it["value"]]
    return max((time, row["Close"]) for time, row in rows if row["Index"] == index)[1]


def replay(aws, shell, stack):
    """Failed batches, as Lambda keeps them, are replayed; what is none stays, and is the command's failure."""
    s3, bucket, key = aws.client("s3"), "failed-batches", "aws/lambda/9a1d/orders-0/2026/11/21/2026-11-21T12.00.06-{}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    batch = json.loads((ROOT / "events/msk.json").read_text())
    for number, offset in enumerate([7000, 8000]):
        for records in batch["records"].values():
            for index, record in enumerate(records):
                record["offset"] = offset + index
        record = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "version": "1.0", "KafkaBatchInfo": {},
                  "payload": json.dumps(batch)}
        s3.put_object(Bucket=bucket, Key=key.format(number), Body=json.dumps(record).encode())
    s3.put_object(Bucket=bucket, Key=key.format("poison"), Body=b'{"payload": "{}"}')

    step(f"./build.sh replay s3://{bucket}")
    said = shell.run(f"./build.sh replay s3://{bucket}", fails=True)
    print(said)
    if f"{key.format('poison')} was kept: " not in said or "Function.InvalidKafkaEvent" not in said:
        raise SystemExit("The batch that cannot be ingested is not named with the reason.")
    s3.delete_object(Bucket=bucket, Key=key.format("poison"))
    if "No failed batches are left" not in shell.run(f"./build.sh replay s3://{bucket}"):
        raise SystemExit("The bucket is not said to be empty.")
    kept = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    rows = [it["Key"] for it in s3.list_objects_v2(Bucket=stack["IngestionBucket"], Prefix="topics/")["Contents"]]
    if kept != [f"replayed/{key.format(number)}" for number in range(2)]:
        raise SystemExit(f"What was replayed is not moved away: {kept}")
    for offset in (7000, 8000):
        if not any(f"+{offset:020d}" in row for row in rows):
            raise SystemExit(f"The batch at {offset} is not stored: {rows}")


class Shell:
    """Commands as somebody would type them in the repository's folder, with the account's keys in the environment."""

    def __init__(self, aws, templates, folder):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = kept | {
            **templates, "STACK": STACK, "ARTIFACT_BUCKET": "",
            "AWS_ENDPOINT_URL": aws.endpoint, "AWS_CA_BUNDLE": aws.certificate, "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": f"{folder}/none", "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/none",
            "AWS_EC2_METADATA_DISABLED": "true", **{name.upper(): value for name, value in ADMIN.items()}}
        self._answer_for_ec2(pathlib.Path(folder, "bin"))

    def _answer_for_ec2(self, folder):
        """The local AWS does not know what a zone has: here, not all have what a broker needs."""
        own = f'"{ROOT}/.build/parts/aws-venv/bin/python" -m awscli'
        real = f'"{shutil.which("aws")}"' if shutil.which("aws") else own
        folder.mkdir()
        (folder / "aws").write_text(f"""#!/bin/bash
case "$*" in
    *describe-instance-type-offerings*) printf '{REGION}c\\t{REGION}a\\t{REGION}b\\n' ;;
    *describe-vpc-endpoint-services*.lambda*) printf '{REGION}d\\t{REGION}c\\t{REGION}b\\n' ;;
    *describe-vpc-endpoint-services*.sts*) printf '{REGION}a\\t{REGION}b\\t{REGION}c\\n' ;;
    *) exec {real} "$@" ;;
esac
""")
        (folder / "aws").chmod(0o755)
        self.environment["PATH"] = f"{folder}:{self.environment['PATH']}"

    def run(self, commands, fails=False, **variables):
        environment = {name: value for name, value in (self.environment | variables).items() if value is not None}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if (done.returncode != 0) != fails:
            raise SystemExit(f"{commands}\nended with {done.returncode}:\n{done.stdout}")
        return done.stdout


def refusals(shell):
    """What goes wrong before anything is deployed says so, and what to do."""
    nobody = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    for sentence, command, variables in [
        ("AWS does not accept your credentials", "./build.sh deploy OwnBroker=true", nobody),
        ("no region is set", "./build.sh deploy OwnBroker=true", {"AWS_DEFAULT_REGION": None}),
        ("'OwnBroker' is not a parameter", "./build.sh deploy OwnBroker", {}),
        ("Say where Kafka is", "./build.sh deploy", {"STACK": "refused"}),
    ]:
        said = shell.run(command, fails=True, **variables)
        if sentence not in said or "Next:" not in said:
            raise SystemExit(f"{command} does not say '{sentence}' and what to do next:\n{said}")


def packaging_keeps_the_template(shell, folder):
    """CloudFormation has no anchors and merge keys: what the aws command uploads has them spelled out."""
    path = pathlib.Path(folder, "packaged.yaml")
    bucket = f"{STACK}-artifacts-$(aws sts get-caller-identity --query Account --output text)-{REGION}"
    shell.run("aws cloudformation package --template-file template.yaml "
              f"--s3-bucket {bucket} --output-template-file {path}")
    ours, packaged = template_for({}), read_template(path)
    for template in (ours, packaged):
        del template["Resources"]["Function"]["Properties"]["CodeUri"]
    ours, packaged = (json.dumps(it, default=str, sort_keys=True) for it in (ours, packaged))
    if ours != packaged or any(sign in path.read_text() for sign in ("<<:", "*mapping", "&mapping")):
        raise SystemExit("aws cloudformation package changes the template.")


def walk():
    """The commands of the README's walk, comments taken out."""
    text = (ROOT / "README.md").read_text().split("\n## From an empty account", 1)[1].split("\n## ", 1)[0]
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    return [command for line in blocks.splitlines() if (command := re.sub(r"\s*# .*", "", line).strip())]


def known_templates(folder):
    """The variables that name template.yaml and broker.yaml, without the types that the local CloudFormation lacks."""
    bodies = {"TEMPLATE": read_template(ROOT / "template.yaml"), "BROKER_TEMPLATE": read_template(BROKER)}
    bodies["TEMPLATE"]["Resources"]["Function"]["Properties"]["CodeUri"] = str(ROOT / ".build/lambda.zip")
    variables = {}
    for name, body in bodies.items():
        without_unknown_types(body)
        path = pathlib.Path(folder, f"{name}.json")
        path.write_text(json.dumps(body, default=str))
        variables[name] = str(path)
    return variables


def parameters(aws):
    stack = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {it["ParameterKey"]: it["ParameterValue"] for it in stack["Parameters"]}


def outputs(aws):
    stack = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


if __name__ == "__main__":
    main()
