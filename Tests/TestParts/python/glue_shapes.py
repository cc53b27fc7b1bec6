"""Glue's requests as its service model has them: what is unknown, missing, too long or of the wrong type is refused."""

import re

import botocore.session

MODEL = botocore.session.get_session().get_service_model("glue")
TYPES = {"string": str, "boolean": bool, "integer": int, "long": int, "double": (int, float), "float": (int, float),
         "timestamp": (int, float), "structure": dict, "map": dict, "list": list}
# Java writes the characters beyond the basic plane as pairs, and has classes that Python's expressions lack.
JAVA = {r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF", r"[\p{L}\p{N}\p{P}]*": r"\S*"}


class Refusal(Exception):
    """What Glue answers instead, by the name of its exception."""

    def __init__(self, kind, message, status=400):
        super().__init__(f"{kind}: {message}")
        self.kind, self.message, self.status = kind, message, status


def check(action, body):
    """Throws a Refusal unless the body is a request of that action."""
    if action not in MODEL.operation_names:
        raise Refusal("UnknownOperationException", action)
    found = list(faults(MODEL.operation_model(action).input_shape, body, ""))
    if found:
        raise Refusal("ValidationException", f"{len(found)} validation errors detected: " + "; ".join(found))


def faults(shape, value, path):
    expected = TYPES.get(shape.type_name)
    is_bool = isinstance(value, bool) and shape.type_name != "boolean"  # a bool is an int to Python
    if expected is None or is_bool or not isinstance(value, expected):
        yield f"{path or 'the body'} is a {type(value).__name__}, not a {shape.type_name}"
    elif shape.type_name == "structure":
        yield from faults_of_members(shape, value, path)
    elif shape.type_name == "list":
        yield from faults_of_range(shape, len(value), path)
        for number, element in enumerate(value):
            yield from faults(shape.member, element, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, element in value.items():
            yield from faults(shape.key, key, f"{path}.key")
            yield from faults(shape.value, element, f"{path}[{key!r}]")
    elif shape.type_name == "string":
        yield from faults_of_text(shape, value, path)
    else:
        yield from faults_of_range(shape, value, path)


def faults_of_members(shape, value, path):
    for name in value.keys() - shape.members.keys():
        yield f"{path}.{name} is no member of {shape.name}"
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{path}.{name} is missing"
    for name in value.keys() & shape.members.keys():
        if value[name] is not None:
            yield from faults(shape.members[name], value[name], f"{path}.{name}")


def faults_of_text(shape, value, path):
    yield from faults_of_range(shape, len(value), path)
    if value not in shape.metadata.get("enum", [value]):
        yield f"{path} is none of {shape.metadata['enum']}: {value!r}"
    pattern = shape.metadata.get("pattern", "")
    for java, python in JAVA.items():
        pattern = pattern.replace(java, python)
    if pattern and not re.fullmatch(pattern, value):
        yield f"{path} does not satisfy {pattern}: {value[:60]!r}"


def faults_of_range(shape, size, path):
    least, most = shape.metadata.get("min", size), shape.metadata.get("max", size)
    if not least <= size <= most:
        yield f"{path}: {size} is not within {least}…{most}"
