"""A local AWS (ministack) that enforces IAM: started on a free port, the template deployed, stopped by its pid."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROKER = ROOT / "Sources/Deployment/broker.yaml"
sys.path.insert(0, str(BROKER.parent))

from template import read_template, with_broker  # noqa: E402

REGION = "eu-central-1"
ADMIN = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
STACK = "kafka-to-s3"


class LocalAWS:
    """`with LocalAWS() as aws:` gives `aws.client("s3")` and so on, for an administrator of the account."""

    def __enter__(self):
        self.clients, self.folder = {}, tempfile.mkdtemp(prefix="local-aws-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"https://127.0.0.1:{self.port}"
        self.certificate = make_certificate(self.folder)
        self.log = pathlib.Path(self.folder, "log")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "LAMBDA_EXECUTOR": "local", "AUTH": "true",
            "MINISTACK_REGION": REGION, "IOT_MTLS_ENABLED": "0", "TMPDIR": self.folder,
            "USE_SSL": "1", "MINISTACK_SSL_CERT": self.certificate, "MINISTACK_SSL_KEY": f"{self.folder}/key.pem",
            # Handed on to the functions that it runs:
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_CA_BUNDLE": self.certificate,
        }
        # In a session of its own, with the functions that it runs: Ctrl-C is for this program, which ends them in
        # order. Where this program is killed, it ends as well.
        program = ["setpriv", "--pdeathsig", "TERM", pathlib.Path(sys.executable).with_name("ministack")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                program, env=environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self):
        deadline = time.monotonic() + 60
        trust = ssl.create_default_context(cafile=self.certificate)
        while time.monotonic() < deadline and not self._has_ended():
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2, context=trust):
                    return
            time.sleep(0.05)
        raise SystemExit(f"The local AWS did not start; its log:\n{self.log.read_text()[-3000:]}")

    def __exit__(self, *_):
        for client in self.clients.values():
            client.close()
        # Asked to end, it would wait ten seconds for open connections, those of the functions that it runs among them.
        # Nothing of it is kept, and no function outlives it.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _has_ended(self):
        # Its number, and that of its group, stays its own until __exit__ waits for it.
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def client(self, service):
        return self.client_of(service, ADMIN)

    def client_of(self, service, credentials):
        key = (service, *credentials.values())
        if key not in self.clients:
            self.clients[key] = boto3.client(
                service, endpoint_url=self.endpoint, region_name=REGION, verify=self.certificate, **credentials,
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
        return self.clients[key]


def make_certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority: the template's buckets refuse all but TLS."""
    path = f"{folder}/certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=local AWS", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", f"{folder}/key.pem", "-out", path],
        check=True, capture_output=True)
    return path


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
        reasons = [f"  {e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if "FAILED" in e["ResourceStatus"]]
        raise NotDeployed("\n".join(reasons))
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
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
