"""An account that the aws command of the tests talks to: stacks, buckets and a broker's machine, as far as build.sh
asks.

`with Account() as account:` puts an `aws`, a `date` and a `sleep` of its own before those of this machine. What it
is asked is kept in `calls`; what it answers is shaped by botocore's own --query language, and says no to what it does
not know.
"""

import http.server
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import threading

import jmespath

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Sources/Deployment"))

from template import read_template  # noqa: E402

ACCOUNT, REGION = "123456789012", "eu-central-1"

CLIENT = """import json, os, sys, urllib.request
body = json.dumps(sys.argv[1:]).encode()
with urllib.request.urlopen(os.environ["TEST_ACCOUNT"], data=body) as answer:
    code, output, error = json.load(answer)
sys.stdout.write(output)
sys.stderr.write(error)
sys.exit(code)
"""


class Refused(Exception):
    """What AWS answers instead: code and message."""


class Account:
    def __init__(self, today="2026-11-25"):
        self.today, self.calls = today, []
        self.stack = None  # as describe-stacks shows it
        self.resources = {}  # type: [physical ids]
        self.events = []
        self.buckets = {}  # name: owner
        self.mappings, self.interfaces = set(), 0
        self.zones = {"machine": [], "lambda": [], "sts": []}
        self.fails_to_delete = 0
        self.objects = {}  # of any bucket: key: bytes
        self.function = lambda event: (None, "{}")  # event: (FunctionError, answer)

    def __enter__(self):
        account = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(account.answer(arguments)).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.folder = tempfile.TemporaryDirectory(prefix="account-")
        client = pathlib.Path(self.folder.name, "client.py")
        client.write_text(CLIENT)
        self.program("aws", f'#!/bin/sh\nexec "{sys.executable}" "{client}" "$@"\n')
        self.program("date", f'#!/bin/sh\n[ "$1" = +%F ] && echo {self.today} || exec /bin/date "$@"\n')
        self.program("sleep", "#!/bin/sh\n")
        # What is deployed here goes nowhere: the compiler need not look whether it is up to date.
        self.program("swift", '#!/bin/sh\necho "Swift version 6.2"\n')
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def program(self, name, text):
        path = pathlib.Path(self.folder.name, name)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, *arguments, **variables):
        """(exit code, all that was said) of ./build.sh with these arguments."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("AWS_")
                and name not in ("STACK", "ARTIFACT_BUCKET", "TEMPLATE", "BROKER_TEMPLATE", "ARCH")}
        environment = kept | {
            "PATH": f"{self.folder.name}:{os.environ['PATH']}", "AWS_REGION": REGION,
            "TEST_ACCOUNT": f"http://127.0.0.1:{self.server.server_port}"} | variables
        done = subprocess.run(
            [ROOT / "build.sh", *arguments], env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        return done.returncode, done.stdout

    # --- What the aws command does

    def answer(self, arguments):
        service, operation, options = arguments[0], arguments[1], options_of(arguments[2:])
        self.calls.append((service, operation, options))
        try:
            found = getattr(self, f"{service}_{operation}".replace("-", "_"))(options)
        except Refused as refused:
            code, message = refused.args
            return 254, "", f"\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"
        if "query" in options:
            query = options["query"]  # a file's name may follow it
            found = jmespath.search(query if isinstance(query, str) else query[0], found)
        return 0, as_text(found) if options.get("output") == "text" else json.dumps(found, indent=4) + "\n", ""

    def asked(self, operation):
        """The options of each call of an operation."""
        return [options for _, name, options in self.calls if name == operation]

    def sts_get_caller_identity(self, _):
        return {"Account": ACCOUNT}

    def cloudformation_describe_stacks(self, options):
        if not self.stack or (self.stack["StackStatus"] == "DELETE_COMPLETE"
                              and options["stack-name"] != self.stack["StackId"]):
            raise Refused("ValidationError", f"Stack with id {options['stack-name']} does not exist")
        return {"Stacks": [self.stack]}

    def cloudformation_describe_stack_events(self, _):
        return {"StackEvents": self.events}

    def cloudformation_list_stack_resources(self, _):
        return {"StackResourceSummaries": [
            {"ResourceType": kind, "PhysicalResourceId": name, "ResourceStatus": "CREATE_COMPLETE"}
            for kind, names in self.resources.items() for name in names]}

    def cloudformation_package(self, options):
        self.template = read_template(pathlib.Path(ROOT, options["template-file"]))
        pathlib.Path(ROOT, options["output-template-file"]).write_text("{}")

    def cloudformation_deploy(self, options):
        overrides = options["parameter-overrides"]
        self.deployed = dict(it.split("=", 1) for it in ([overrides] if isinstance(overrides, str) else overrides))
        if not self.stack:
            self.make_stack()

    def cloudformation_delete_stack(self, _):
        if self.mappings or self.interfaces:
            raise AssertionError("the stack is deleted while Lambda still holds its network")
        self.stack["StackStatus"] = "DELETE_FAILED" if self.fails_to_delete else "DELETE_COMPLETE"
        self.fails_to_delete -= 1

    def lambda_delete_event_source_mapping(self, options):
        if options["uuid"] not in self.mappings:
            raise Refused("ResourceNotFoundException", "The resource you requested does not exist.")
        self.mappings.remove(options["uuid"])

    def lambda_get_event_source_mapping(self, options):
        if options["uuid"] not in self.mappings:
            raise Refused("ResourceNotFoundException", "The resource you requested does not exist.")
        return {}

    def ec2_describe_network_interfaces(self, _):
        self.interfaces = max(0, self.interfaces - 1)
        of_others = [{"NetworkInterfaceId": "eni-endpoint", "InterfaceType": "vpc_endpoint"},
                     {"NetworkInterfaceId": "eni-broker", "InterfaceType": "interface",
                      "Attachment": {"InstanceId": "i-1"}}]
        return {"NetworkInterfaces": of_others + [
            {"NetworkInterfaceId": f"eni-{n}", "InterfaceType": "interface"} for n in range(self.interfaces)]}

    def ec2_describe_instances(self, _):
        return {"Reservations": [{"Instances": [{"ImageId": "ami-00000000000000123"}]}]}

    def ec2_describe_instance_types(self, options):
        arm = options["instance-types"].startswith("t4g")
        return {"InstanceTypes": [{"ProcessorInfo": {"SupportedArchitectures": ["arm64" if arm else "x86_64"]}}]}

    def ssm_get_parameter(self, options):
        arm = options["name"].endswith("arm64")
        return {"Parameter": {"Value": "ami-0000000000000000a" if arm else "ami-00000000000000086"}}

    def ec2_describe_instance_type_offerings(self, _):
        return {"InstanceTypeOfferings": [{"Location": zone} for zone in self.zones["machine"]]}

    def ec2_describe_vpc_endpoint_services(self, _):
        return {"ServiceDetails": [
            {"ServiceName": f"com.amazonaws.{REGION}.{it}", "AvailabilityZones": self.zones.get(it, ["other"])}
            for it in ("lambda", "sts", "sts-fips", "logs")]}

    def s3api_head_bucket(self, options):
        owner = self.buckets.get(options["bucket"])
        if not owner:
            raise Refused("404", "Not Found")
        if owner != options.get("expected-bucket-owner"):
            raise Refused("403", "Forbidden")
        return {}

    def s3api_create_bucket(self, options):
        self.buckets[options["bucket"]] = ACCOUNT
        return {}

    def s3api_put_public_access_block(self, _):
        return {}

    def s3api_list_objects_v2(self, options):
        return {"Contents": [{"Key": it} for it in sorted(self.objects) if it.startswith(options["prefix"])] or None}

    def s3api_get_object(self, options):
        _, file = options["expected-bucket-owner"]
        if options["key"] not in self.objects:
            raise Refused("NoSuchKey", "The specified key does not exist.")
        pathlib.Path(file).write_bytes(self.objects[options["key"]])
        return {}

    def s3_mv(self, options):
        before, after = (it.split("/", 3)[3] for it in options["only-show-errors"])
        self.objects[after] = self.objects.pop(before)

    def lambda_invoke(self, options):
        _, file = options["query"]
        error, answer = self.function(pathlib.Path(options["payload"].removeprefix("fileb://")).read_text())
        pathlib.Path(file).write_text(answer)
        return {"StatusCode": 200} | ({"FunctionError": error} if error else {})

    def make_stack(self, status="CREATE_COMPLETE", outputs=(), **parameters):
        self.stack = {
            "StackName": "kafka-to-s3", "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/kafka-to-s3/1",
            "StackStatus": status, "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in dict(outputs).items()],
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]}


def options_of(arguments):
    """--name value… as a dictionary; several values as a list."""
    options, name = {}, None
    for argument in arguments:
        if argument.startswith("--"):
            name = argument[2:]
            options[name] = True
        elif options[name] is True:
            options[name] = argument
        else:
            options[name] = [*([options[name]] if isinstance(options[name], str) else options[name]), argument]
    return options


def as_text(found):
    """As the aws command writes lists of lists, lists, texts and nothing."""
    if isinstance(found, list):
        if not any(isinstance(it, list) for it in found):
            return "\t".join(map(str, found)) + "\n" if found else ""
        return "".join("\t".join(map(str, row)) + "\n" for row in found)
    return f"{found}\n"
