"""What CloudFormation makes of the template and its parameters, without an account: the checks of parameters and rules,
SAM's transform by AWS's own translator, conditions and functions. What is left are the resources as their services get
them."""

import functools
import json
import logging
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Demo"))
from local_aws import template_for  # noqa: E402

ACCOUNT, STACK = "123456789012", "kafka-to-s3"
ABSENT = object()  # AWS::NoValue


class Refused(Exception):
    """CloudFormation takes none of it, and says why."""


class Stack:
    """`resources`: logical id → {"Type", "Properties", …} of what is deployed. `body`: another template than the one
    for these parameters."""

    def __init__(self, given, region="eu-central-1", body=None):
        self.region = region
        body = json.loads(json.dumps(body, default=str) if body else as_json(given.get("OwnBroker")))
        self.parameters = checked_parameters(body["Parameters"], given)
        self.pseudo = {
            "AWS::Region": region, "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK, "AWS::NoValue": ABSENT,
            "AWS::Partition": partition(region), "AWS::URLSuffix": suffix(region),
            "AWS::StackId": f"arn:{partition(region)}:cloudformation:{region}:{ACCOUNT}:stack/{STACK}/1"}
        self._check_rules(body.get("Rules", {}))
        body = transformed(body, self.parameters, region)
        self.mappings, self.conditions, self.declared = body.get("Mappings", {}), body["Conditions"], body["Resources"]
        self.resources = {name: self._resource(name) for name in self.declared if self._is_made(name)}
        self.outputs = {name: self.value(output["Value"]) for name, output in body["Outputs"].items()
                        if self.condition(output.get("Condition"))}

    def of_type(self, kind):
        return {name: it["Properties"] for name, it in self.resources.items() if it["Type"] == kind}

    def _is_made(self, name):
        return self.condition(self.declared[name].get("Condition"))

    def _resource(self, name):
        made = {key: it for key, it in self.declared[name].items() if key not in ("Properties", "Condition")}
        return made | {"Properties": self.value(self.declared[name].get("Properties", {}))}

    def condition(self, node):
        """Of a name, a function, or nothing, which is true."""
        if node is None:
            return True
        if isinstance(node, str):
            return self.condition(self.conditions[node])
        (function, arguments), = node.items()
        match function:
            case "Condition": return self.condition(arguments)
            case "Fn::Equals": return self._simple(arguments[0]) == self._simple(arguments[1])
            case "Fn::Contains": return self._simple(arguments[1]) in map(self._simple, arguments[0])
            case "Fn::Not": return not self.condition(arguments[0])
            case "Fn::And": return all(map(self.condition, arguments))
            case "Fn::Or": return any(map(self.condition, arguments))
        raise Refused(f"{function} is no function of conditions and rules")

    def _simple(self, node):
        return str(self.value(node))

    def _check_rules(self, rules):
        for rule in rules.values():
            if self.condition(rule.get("RuleCondition")):
                for assertion in rule["Assertions"]:
                    if not self.condition(assertion["Assert"]):
                        raise Refused(assertion["AssertDescription"])

    def value(self, node):
        if isinstance(node, list):
            return [it for it in map(self.value, node) if it is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, arguments), = node.items()
            if name == "Ref":
                return self._ref(arguments)
            if name.startswith("Fn::"):
                return self._call(name, arguments)
        return {key: it for key, it in ((key, self.value(it)) for key, it in node.items()) if it is not ABSENT}

    def _ref(self, name):
        if name in self.parameters:
            return self.parameters[name]
        return self.pseudo[name] if name in self.pseudo else self.of_resource(name, "Ref")

    def _call(self, function, arguments):
        match function:
            case "Fn::If": return self.value(arguments[1 if self.condition(arguments[0]) else 2])
            case "Fn::Join": return str(self.value(arguments[0])).join(map(str, self.value(arguments[1])))
            case "Fn::Split": return self.value(arguments[1]).split(arguments[0])
            case "Fn::Select": return self.value(arguments[1])[int(arguments[0])]
            case "Fn::GetAtt": return self.of_resource(*arguments)
            case "Fn::Base64": return self.value(arguments)
            case "Fn::FindInMap":
                return self.mappings[arguments[0]][self.value(arguments[1])][self.value(arguments[2])]
            case "Fn::Sub":
                text, own = arguments if isinstance(arguments, list) else (arguments, {})
                own = {name: str(self.value(it)) for name, it in own.items()}
                return re.sub(r"\$\{([\w.:]+)\}", lambda found: self._substitute(found[1], own), text)
        raise Refused(f"{function} is not known here")

    def _substitute(self, name, own):
        if name in own:
            return own[name]
        return str(self.of_resource(*name.split(".", 1)) if "." in name else self._ref(name))

    def of_resource(self, name, attribute):
        """A stand-in of the form that the service gives."""
        if name not in self.declared or not self._is_made(name):
            raise Refused(f"Unresolved resource dependencies [{name}]")
        kind, arn = self.declared[name]["Type"], f"arn:{partition(self.region)}:"
        plain = f"{STACK}-{name.lower()}-1a2b3c4d"
        match kind, attribute:
            case "AWS::S3::Bucket", "Arn": return f"{arn}s3:::{plain}"
            case "AWS::IAM::Role", "Arn": return f"{arn}iam::{ACCOUNT}:role/{plain}"
            case "AWS::Lambda::Function", "Arn": return f"{arn}lambda:{self.region}:{ACCOUNT}:function:{plain}"
            case "AWS::Logs::LogGroup", "Arn": return f"{arn}logs:{self.region}:{ACCOUNT}:log-group:{plain}:*"
            case "AWS::Lambda::EventSourceMapping", "Ref": return "a1b2c3d4-5678-90ab-cdef-" + f"{len(name):012}"
            case "AWS::EC2::Instance", "PrivateIp": return "10.42.0.10"
            case "AWS::EC2::SecurityGroup", "GroupId" | "Ref": return "sg-0123456789abcdef0"
            case "AWS::Athena::WorkGroup" | "AWS::Glue::Database", "Ref":
                own = self.declared[name]["Properties"]
                return self.value(own["Name"] if "Name" in own else own["DatabaseInput"]["Name"])
            case _, "Ref" if kind.startswith("AWS::EC2::"): return EC2_IDS[kind] + "-0123456789abcdef0"
            case _, "Ref": return plain
        raise Refused(f"{kind} has no {attribute}")


@functools.cache
def as_json(own_broker):
    return json.dumps(template_for({"OwnBroker": own_broker}), default=str)


EC2_IDS = {"AWS::EC2::VPC": "vpc", "AWS::EC2::Subnet": "subnet", "AWS::EC2::InternetGateway": "igw",
           "AWS::EC2::RouteTable": "rtb", "AWS::EC2::Instance": "i", "AWS::EC2::VPCEndpoint": "vpce"}


# What regions begin with: the name of their partition, and what their hosts end in.
PARTITIONS = {"cn": ("aws-cn", "amazonaws.com.cn"), "us-gov": ("aws-us-gov", "amazonaws.com"),
              "eusc-de": ("aws-eusc", "amazonaws.eu"), "us-iso": ("aws-iso", "c2s.ic.gov")}


def partition(region):
    return PARTITIONS.get(region.rsplit("-", 2)[0], ("aws", ""))[0]


def suffix(region):
    return PARTITIONS.get(region.rsplit("-", 2)[0], ("", "amazonaws.com"))[1]


def checked_parameters(declared, given):
    """Each value, in the form in which CloudFormation hands it on."""
    unknown = set(given) - set(declared)
    if unknown:
        raise Refused(f"Parameters: {sorted(unknown)} do not exist in the template")
    return {name: checked(name, it, str(given.get(name, it.get("Default")))) for name, it in declared.items()}


def checked(name, declared, value):
    def refuse(why):
        raise Refused(f"Parameter {name} failed to satisfy constraint: {declared.get('ConstraintDescription', why)}")

    if "AllowedValues" in declared and value not in map(str, declared["AllowedValues"]):
        refuse(f"Member must satisfy enum value set: {declared['AllowedValues']}")
    # Java's expressions, of which the template uses no more than Python has as well.
    if "AllowedPattern" in declared and not re.fullmatch(declared["AllowedPattern"], value):
        refuse(f"must match pattern {declared['AllowedPattern']}")
    if len(value) > declared.get("MaxLength", 4096):
        refuse(f"must have at most {declared.get('MaxLength', 4096)} characters")
    if declared["Type"] == "Number":
        number = float(value) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) else refuse("must be a number")
        if not declared.get("MinValue", number) <= number <= declared.get("MaxValue", number):
            refuse(f"must be {declared.get('MinValue')} to {declared.get('MaxValue', 'any number')}")
    return value


def transformed(body, parameters, region):
    """By AWS's own translator, which asks the environment for the region."""
    os.environ["AWS_DEFAULT_REGION"] = region
    from samtranslator.translator.transform import transform

    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # it would like to publish some
    body["Resources"]["Function"]["Properties"]["CodeUri"] = {"Bucket": "artifacts", "Key": "lambda.zip"}
    return transform(body, parameters, NoManagedPolicies())


class NoManagedPolicies:
    """The template names none of AWS's managed policies in SAM's own resources."""

    def load(self):
        return {}
