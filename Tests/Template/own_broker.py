"""Checks that template.yaml has nothing of the broker that Sources/Deployment/broker.yaml adds, and that both together
keep the broker of a stack that is deployed again."""

import json
import re

from cloudformation import Refused, Stack
from local_aws import BROKER, ROOT, read_template, template_for
from parameter_sets import BROKER as OWN_BROKER, MSK

SECTIONS = ["Parameters", "Conditions", "Resources", "Outputs"]

# CloudFormation deletes a resource whose logical id is gone and makes one of each new id: under another id, the next
# deployment would replace the broker and lose its records. Those of the last line are made in on-demand mode only.
IN_LIVE_STACKS = {
    "BrokerVPC": "VPC", "BrokerSubnet": "Subnet", "BrokerGateway": "InternetGateway",
    "BrokerGatewayAttachment": "VPCGatewayAttachment", "BrokerRoutes": "RouteTable", "BrokerDefaultRoute": "Route",
    "BrokerSubnetRoutes": "SubnetRouteTableAssociation", "PollersSecurityGroup": "SecurityGroup",
    "BrokerSecurityGroup": "SecurityGroup", "S3Endpoint": "VPCEndpoint", "Broker": "Instance",
    "EndpointsSecurityGroup": "SecurityGroup", "LambdaEndpoint": "VPCEndpoint", "STSEndpoint": "VPCEndpoint"}
ROLES_IN_LIVE_STACKS = {"BrokerRole": "AWS::IAM::Role", "BrokerProfile": "AWS::IAM::InstanceProfile"}


def faults():
    template, broker, whole = read_template(ROOT / "template.yaml"), read_template(BROKER), template_for(OWN_BROKER)
    yield from left_in(template, broker)
    added = {name: it["Type"] for name, it in whole["Resources"].items() if name not in template["Resources"]}
    wanted = {name: f"AWS::EC2::{kind}" for name, kind in IN_LIVE_STACKS.items()} | ROLES_IN_LIVE_STACKS
    if added != wanted:
        differences = sorted(set(added.items()) ^ set(wanted.items()))
        yield f"broker.yaml adds other resources than live stacks have: {differences}"
    made = Stack(OWN_BROKER).resources
    for name, kind in wanted.items():
        if made.get(name, {}).get("Type") != kind:
            yield f"{name} is not made with OwnBroker=true"
    try:
        Stack(OWN_BROKER | MSK | {"OwnBroker": "false"}, body=whole)
        yield "the template with the broker takes OwnBroker=false"
    except Refused as refusal:
        if "deploy template.yaml by itself" not in str(refusal):
            yield f"OwnBroker=false is refused with: {refusal}"


def left_in(template, broker):
    """Names that broker.yaml adds, or kinds of resources that only it has, in template.yaml. Sentences for people may
    name them."""
    template = {section: it for section, it in template.items() if section != "Description"}
    text = json.dumps(without_sentences(template), default=str)
    for section in SECTIONS:
        for name in broker[section]:
            if name not in template[section] and re.search(rf"\b{name}\b", text):
                yield f"template.yaml still has {name}, which is broker.yaml's"
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith("AWS::EC2::"):
            yield f"template.yaml has {name}, a {resource['Type']}"


def without_sentences(node):
    if isinstance(node, list):
        return [without_sentences(it) for it in node]
    if not isinstance(node, dict):
        return node
    sentences = ("AssertDescription", "ConstraintDescription", "Description")
    return {key: without_sentences(it) for key, it in node.items() if key not in sentences}
