"""Reads a CloudFormation template, and adds the broker for trying out to template.yaml.

    template.py TEMPLATE BROKER     prints both as one template, in JSON

./build.sh deploy OwnBroker=true deploys that. By hand:
    python3 Sources/Deployment/template.py template.yaml Sources/Deployment/broker.yaml > .build/with-broker.json
"""

import json
import pathlib
import sys

import yaml


def main(template, broker):
    whole = with_broker(read_template(template), read_template(broker))
    # The path of the zip is relative to the template's folder, which is another one for what is printed here.
    function = whole["Resources"]["Function"]["Properties"]
    function["CodeUri"] = str(pathlib.Path(template).resolve().parent / function["CodeUri"])
    json.dump(whole, sys.stdout, indent=1, default=str)


class Template(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (!Ref, !Equals …) as their long ones."""


def long_form(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        value = value.split(".", 1) if tag == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Template.add_multi_constructor("!", long_form)


def read_template(path):
    text = pathlib.Path(path).read_text()
    return json.loads(text) if text.startswith("{") else yaml.load(text, Template)


def with_broker(template, broker):
    """Mappings are merged key by key, lists are appended, and everything else is the broker's."""
    if isinstance(template, list) and isinstance(broker, list):
        return template + broker
    if not is_mapping(template) or not is_mapping(broker):
        return broker
    both = {key: with_broker(template[key], broker[key]) for key in template.keys() & broker.keys()}
    return {**template, **broker, **both}


def is_mapping(value):
    """Two functions, such as {"Ref": "Topic"}, do not merge into one."""
    return isinstance(value, dict) and not (len(value) == 1 and is_function(*value))


def is_function(name):
    return name in ("Ref", "Condition") or name.startswith("Fn::")


if __name__ == "__main__":
    main(*sys.argv[1:])
