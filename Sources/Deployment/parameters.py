"""What is wrong with the parameters of a deployment, in a sentence each, before anything is uploaded.

    parameters.py values TEMPLATE NAME=VALUE…                 names and values by themselves
    parameters.py changes TEMPLATE STACK.json NAME=VALUE…     what the stack that is there cannot become
    parameters.py together TEMPLATE STACK.json NAME=VALUE…    with one another, by the template's rules
    parameters.py effective TEMPLATE STACK.json NAME=VALUE…   prints what holds: typed, else deployed, else default

TEMPLATE is the one that is deployed for "together", and the one with the broker for the rest, since that has all names.
STACK.json is what describe-stacks says of the stack, {} where there is none. A second line of each fault, indented,
says what to do next. The exit code is 1 where there is a fault. AWS_REGION is the region of the stack.
"""

import json
import os
import pathlib
import re
import sys

from template import read_template

# An event source mapping keeps these for life: UpdateEventSourceMapping does not take them, and CloudFormation reports
# success all the same, with permissions, alarms and queries moved and the mapping where it was.
SOURCE = ["MSKClusterArn", "BootstrapServers", "OwnBroker"]
FIXED = SOURCE + ["ConsumerGroup", "StartingPosition"]
# A topic has a mapping of its own: one may come or go, but not become another one.
TOPIC = re.compile(r"Topic[0-9]*$")
# Another image or zone replaces the broker's machine. What else is changed of it is carried out at its next start.
OF_BROKER = {"BrokerImageId", "BrokerZone"}
# What these name must be in the stack's own region. (A bucket's key as well: S3 asks KMS there.)
OF_REGION = ["MSKClusterArn", "KafkaSecretArn", "KafkaSecretKmsKeyArn", "KafkaCACertificateArn", "ObjectKmsKeyArn",
             "KmsKeyArn", "AlarmTopicArn"]


def main(mode, template, *rest):
    body = read_template(template)
    declared = body["Parameters"]
    if mode == "values":
        return finish(wrong_values(declared, rest))
    stack = json.loads(pathlib.Path(rest[0]).read_text())
    deployed = {it["ParameterKey"]: it.get("ParameterValue", "") for it in stack.get("Parameters", [])}
    typed = dict(argument.split("=", 1) for argument in rest[1:])
    holds = {**{name: text(it.get("Default", "")) for name, it in declared.items()}, **deployed, **typed}
    if mode == "effective":
        return print("\n".join(f"{name}={value}" for name, value in holds.items() if name in declared))
    if mode == "changes":
        return finish(changed(stack, {"OwnBroker": "false", **deployed}, typed) if deployed else [])
    finish([*of_no_broker(declared, deployed, typed), *broken_rules(body, holds),
            *of_another_region(holds, os.environ["AWS_REGION"])])


def finish(faults):
    faults = list(faults)
    print("\n".join(dict.fromkeys(faults)), end="\n" if faults else "")
    sys.exit(1 if faults else 0)


# --- Values


def wrong_values(declared, arguments):
    names = [argument.partition("=")[0] for argument in arguments]
    for name in dict.fromkeys(it for it in names if names.count(it) > 1):
        yield f"{name} is given {names.count(name)} times; specify it once"
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or not re.match("[A-Za-z]", name):
            yield f"'{argument}' is not a parameter; use NAME=VALUE, e.g. ./build.sh deploy OwnBroker=true"
        elif name not in declared:
            yield f"unknown parameter {name}{guess(name, declared)}"
        elif wrong := wrong_value(declared[name], value):
            yield f"{name}={value}: {wrong}"


def guess(name, declared):
    same = [it for it in declared if it.lower() == name.lower() or it.lower().startswith(name.lower())]
    if same:
        return f"; did you mean {same[0]}?"
    return "; template.yaml and Sources/Deployment/broker.yaml list the parameters"


def wrong_value(parameter, value):
    """Why CloudFormation would refuse it, or None."""
    sentence = parameter.get("ConstraintDescription")
    if "AllowedValues" in parameter:
        allowed = [text(it) for it in parameter["AllowedValues"]]
        return None if value in allowed else sentence or f"must be one of {', '.join(allowed)}"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return sentence or f"must match {parameter['AllowedPattern']}"
    if not parameter.get("MinLength", 0) <= len(value) <= parameter.get("MaxLength", 4096):
        return sentence or f"must have {parameter.get('MinLength', 0)} to {parameter.get('MaxLength', 4096)} characters"
    if parameter["Type"] == "Number":
        # CloudFormation takes 1.5 and 007 as well. No service takes the one, and the template's conditions compare
        # text.
        if not re.fullmatch(r"0|-?[1-9][0-9]*", value):
            return "must be a whole number without leading zeros"
        low, high = parameter.get("MinValue", float("-inf")), parameter.get("MaxValue", float("inf"))
        if not low <= float(value) <= high:
            return sentence or (f"must be {low} to {high}" if high < float("inf") else f"must be {low} or more")
    return None


# --- What is deployed


def changed(stack, deployed, typed):
    """What cannot become of a stack that is there."""
    name = stack.get("StackName", "")
    partial, pollers = ({**deployed, **typed}.get(it) for it in ("PartialBatchResponse", "MinimumPollers"))
    mode_changes = (pollers == "0") != (deployed.get("MinimumPollers") == "0")
    # CloudFormation changes the function before its mapping, and back in the same order where the deployment fails. A
    # function that answers with failed items while its mapping does not read them yet would lose their records.
    if partial != deployed.get("PartialBatchResponse") and mode_changes:
        yield "PartialBatchResponse and the mode (MinimumPollers) cannot change in one deployment."
        yield ("    Next: deploy twice: MinimumPollers before PartialBatchResponse=true, or after "
               "PartialBatchResponse=false.")
    for parameter, value in typed.items():
        before = deployed.get(parameter, value)
        if value == before:
            continue
        if parameter in FIXED or (TOPIC.match(parameter) and before and value):
            yield f"{parameter} cannot change from '{before}' to '{value}': an event source mapping cannot change it."
            yield (f"    Next: deploy a second stack, with buckets of its own: STACK={name}-2 ./build.sh deploy "
                   f"{parameter}={value} …; if {name} is no longer needed, ./build.sh delete")
            if TOPIC.match(parameter):
                yield "    To add a topic to this stack, use one of Topic2 to Topic5 that is still empty."
        elif parameter in OF_BROKER and deployed.get("OwnBroker") == "true":
            yield (f"{parameter} cannot change from '{before}' to '{value}': "
                   "that would replace the broker's machine and lose its records.")
            yield ("    Next: deploy a second stack: "
                   f"STACK={name}-2 ./build.sh deploy OwnBroker=true {parameter}={value}")


# --- Rules


def of_no_broker(declared, deployed, typed):
    """What is typed, but belongs to a broker that the stack does not have."""
    for name in typed:
        if name not in declared and name != "OwnBroker":
            yield f"{name} is for the broker that OwnBroker=true makes, and this stack has none."
            yield "    Next: leave it out" + ("." if deployed else ", or add OwnBroker=true.")


def broken_rules(body, holds):
    """Those of the template's rules that the parameters break, as CloudFormation would say after the upload."""
    for rule in body.get("Rules", {}).values():
        if evaluate(rule.get("RuleCondition", True), holds):
            for assertion in rule["Assertions"]:
                if not evaluate(assertion["Assert"], holds):
                    yield assertion["AssertDescription"].strip()
    # Rules cannot compare numbers.
    if float(holds.get("MinimumPollers", 0)) > float(holds.get("MaximumPollers", "inf")):
        yield "MinimumPollers is greater than MaximumPollers; raise MaximumPollers."


def of_another_region(holds, region):
    """What the template cannot tell, since rules know parameters only."""
    for name in OF_REGION:
        found = holds.get(name, "").split(":")
        if len(found) > 3 and found[3] != region:
            yield f"{name} is in {found[3]}, but the stack is in {region}; both must be in the same region."
    zone = holds.get("BrokerZone", "")
    if zone and holds.get("OwnBroker") == "true" and not zone.startswith(region):
        yield f"BrokerZone={zone} is not a zone of {region}."
    # As Sources/AWSCore/EndpointVariant.swift has it: the function would not start.
    if holds.get("UseFipsEndpoints") == "true" and not region.startswith(("us-", "ca-", "eusc-", "eu-isoe-")):
        yield f"UseFipsEndpoints=true is for regions of the US and Canada; {region} has no FIPS endpoints."


def evaluate(it, holds):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html"""
    if isinstance(it, list):
        return [evaluate(value, holds) for value in it]
    if not isinstance(it, dict):
        return it if isinstance(it, bool) else text(it)
    (function, argument), = it.items()
    values = evaluate(argument, holds)
    if function == "Ref":
        return holds.get(argument, "")
    if function == "Fn::Equals":
        return values[0] == values[1]
    if function == "Fn::Not":
        return not values[0]
    if function == "Fn::And":
        return all(values)
    if function == "Fn::Or":
        return any(values)
    if function == "Fn::Contains":
        return values[1] in values[0]
    return True  # CloudFormation knows more functions than this; it will say


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
